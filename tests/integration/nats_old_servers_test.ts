/** Servers that are too old: refused with the reason and with nothing made there, or made do with where that is allowed. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../console/exit_codes.ts";
import { startNats } from "../support/nats_server.ts";
import { eitherOldNats } from "../support/old_nats.ts";
import { assertRefused, run, runHere } from "../support/program.ts";

const { program, test } = await eitherOldNats();
const startOld = () => startNats({ program: program!, syncAlways: false });

/** Streams that are there. */
async function streams(url: string): Promise<unknown> {
  const connection = await connect({ servers: url });
  const answer = await connection.request("$JS.API.STREAM.NAMES");
  await connection.close();
  return answer.json<{ streams: unknown }>().streams ?? null;
}

test("a server before atomic batches is refused, by a line that names the way to use it nevertheless", async () => {
  await using server = await startOld();
  for (const command of [["cases", "list"], ["setup"]]) {
    const refused = await runHere([...command, "--backend", "nats", "--url", server.url]);
    assertRefused(
      refused,
      exitCodes.refused,
      /^nats-server 2\.(9|11)\.\d+ is too old: use 2\.12 or newer \(atomic batches\), or --allow-weaker$/,
    );
  }
  assertEquals(await streams(server.url), null);
});

test("with --allow-weaker every command uses it, start says what is promised less, and the ledger balances", async () => {
  await using server = await startOld();
  const flags = ["--backend", "nats", "--url", server.url, "--allow-weaker"];
  const made = await runHere(["setup", ...flags, "--partitions", "4"]);
  assertEquals(made.code, 0, made.err);
  assertMatch(made.out, /^The store is as wanted: 4 partitions, 1 replica$/m);
  const again = await runHere(["setup", ...flags]);
  assertMatch(again.out, /^The store is as wanted: 4 partitions, 1 replica$/);
  const fed = await run(["simulate", ...flags, "--count", "100", "--json"]);
  assertEquals([fed.code, JSON.parse(fed.out).cases], [0, 100], fed.err);
  const { code, out, err } = await run([
    "start",
    ...flags,
    "--count",
    "200",
    "--until-idle",
    "--port",
    "0",
    "--json",
  ]);
  const { accepted, ledger, dead } = JSON.parse(out);
  assertEquals([code, accepted, ledger.balanced, dead], [0, 200, true, 0], err);
  assertMatch(
    err,
    /This store promises less \(--allow-weaker\): nats-server 2\.(9|11)\.\d+ knows no atomic batches/,
  );
  const listed = await run(["cases", "list", ...flags, "--json", "--limit", "5"]);
  assertEquals(JSON.parse(listed.out).length, 5);
  assertEquals((await runHere(["dlq", "list", ...flags])).code, 0);
});
