/** Counting what is stored on JetStream goes on when the server has lost what counts. @module */
import { assertEquals } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { anEvent } from "../../support/events.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

/** Takes away every consumer that counts, as the end of the server that has them would. */
async function dropCounters(url: string, stream: string): Promise<number> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const names = (await Array.fromAsync(manager.consumers.list(stream))).map(({ name }) => name)
    .filter((name) => name.startsWith("zs-count-"));
  for (const name of names) await manager.consumers.delete(stream, name);
  await connection.close();
  return names.length;
}

natsTest("a count goes on where it was when the server has lost its consumer", async () => {
  await using server = await startNats();
  const backend = await openNats({ url: server.url, stream: "COUNTED" });
  const intakes = async () => (await backend.measure()).stored.get("case.intake");
  assertEquals(await intakes(), 0);
  await backend.append([anEvent("a", 1), anEvent("b", 1)]);
  assertEquals(await intakes(), 2);
  assertEquals(await dropCounters(server.url, "COUNTED"), 13);
  await backend.append([anEvent("a", 2)]);
  assertEquals(await intakes(), 3);
  await backend.append([anEvent("a", 3)]);
  assertEquals(await intakes(), 4);
  await backend.close();
});
