/** Counting what is stored on JetStream goes on when the server has lost what counts. @module */
import { assertEquals } from "@std/assert";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import { anEvent } from "../../support/events.ts";
import { NATS_ANSWER, startNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

/** Takes away every consumer that counts, as the end of the server that has them would. */
async function dropCounters(url: string, stream: string): Promise<number> {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection, NATS_ANSWER);
  const names = (await Array.fromAsync(manager.consumers.list(stream))).map(({ name }) => name)
    .filter((name) => name.startsWith("zs-count-"));
  for (const name of names) await manager.consumers.delete(stream, name);
  await connection.close();
  return names.length;
}

/** The server adds what it has acknowledged to a consumer's count a little later. */
async function assertComesTo(expected: number, count: () => Promise<number | undefined>): Promise<void> {
  const until = performance.now() + NATS_ANSWER.timeout;
  let last = await count();
  while (last! < expected && performance.now() < until) last = await count();
  assertEquals(last, expected);
}

natsTest("a count goes on where it was when the server has lost its consumer", async () => {
  await using server = await startNats();
  const backend = await openNats({ url: server.url, stream: "COUNTED" });
  const intakes = async () => (await backend.measure()).stored.get("case.intake");
  assertEquals(await intakes(), 0);
  await backend.append([anEvent("a", 1), anEvent("b", 1)]);
  await assertComesTo(2, intakes);
  assertEquals(await dropCounters(server.url, "COUNTED"), 16);
  await backend.append([anEvent("a", 2)]);
  await assertComesTo(3, intakes);
  await backend.append([anEvent("a", 3)]);
  await assertComesTo(4, intakes);
  await backend.close();
});
