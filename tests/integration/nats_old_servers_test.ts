/** Servers that are too old, or only look as if they were not: refused with the reason, and nothing is made there. @module */
import { assert, assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../console/exit_codes.ts";
import { findDebianNatsServer, findNatsServerBeforeBatches, startNats } from "../support/nats_server.ts";
import { assertRefused, runHere } from "../support/program.ts";

/** Streams that are there. */
async function streams(url: string): Promise<unknown> {
  const connection = await connect({ servers: url });
  const answer = await connection.request("$JS.API.STREAM.NAMES");
  await connection.close();
  return answer.json<{ streams: unknown }>().streams ?? null;
}

Deno.test("a server before atomic batches is refused: it would take their flag, and drop it", async () => {
  // Debian's, or else a 2.11, which takes longer to come by.
  const program = await findDebianNatsServer() ?? await findNatsServerBeforeBatches();
  assert(program !== undefined || Deno.env.get("CI") !== "true", "In CI one of them is tested");
  if (program === undefined) return;
  await using server = await startNats({ program, syncAlways: false });
  for (const command of [["cases", "list"], ["setup"]]) {
    const refused = await runHere([...command, "--backend", "nats", "--url", server.url]);
    assertRefused(refused, exitCodes.refused, /^nats-server 2\.(9|11)\.\d+ is too old: use 2\.12 or newer/);
  }
  assertEquals(await streams(server.url), null);
});
