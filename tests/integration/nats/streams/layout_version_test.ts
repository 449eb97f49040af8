/** Programs on a store whose layout is ahead of them: served as far as its stream says so, and never taken back. @module */
import { assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { LAYOUT } from "../../../../backends/nats/setup/layout.ts";
import { exitCodes } from "../../../../console/cli/exit_codes.ts";
import { api } from "../../../support/nats_store_check.ts";
import { assertRefused, run, runHere } from "../../../support/program.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

const known = LAYOUT.version;
const flagsOf = ({ url }: TestNats) => ["--backend", "nats", "--url", url];

interface StreamConfig {
  readonly duplicate_window: number;
  readonly metadata: Record<string, string>;
}

/** The configuration of the log, with these changes where there are any. */
async function logOf({ url }: TestNats, change?: (config: StreamConfig) => object): Promise<StreamConfig> {
  const connection = await connect({ servers: url });
  try {
    const config = (await api(connection, "STREAM.INFO.CASES_log", "")).config as StreamConfig;
    if (change === undefined) return config;
    const changed = await api(connection, "STREAM.UPDATE.CASES_log", { ...config, ...change(config) });
    return changed.config as StreamConfig;
  } finally {
    await connection.close();
  }
}

/** A layout of later, which differs from ours in a setting. */
function ahead(by: number, servesFrom: number) {
  const said = { "zaakstroom.version": `${known + by}`, "zaakstroom.serves_from": `${servesFrom}` };
  return ({ metadata }: StreamConfig) => ({ duplicate_window: 60e9, metadata: { ...metadata, ...said } });
}

natsTest(
  "every command works with a layout a version ahead that serves it, and none takes it back",
  async () => {
    await using server = await startNats();
    await runHere(["setup", ...flagsOf(server)]);
    const next = await logOf(server, ahead(1, known));
    for (
      const command of [["setup"], ["setup", "--apply"], ["simulate", "--count", "3"], ["cases", "list"]]
    ) {
      const { code, err } = await runHere([...command, ...flagsOf(server)]);
      assertEquals(code, exitCodes.ok, err);
    }
    const started = await run(["start", ...flagsOf(server), "--until-idle", "--json", "--port", "0"]);
    assertEquals([started.code, JSON.parse(started.out).ledger.balanced], [0, true], started.err);
    const { duplicate_window, metadata } = await logOf(server);
    assertEquals([duplicate_window, metadata], [next.duplicate_window, next.metadata]);
  },
);

natsTest(
  "a layout that does not serve a program, or is two versions ahead, is refused in one line",
  async () => {
    await using server = await startNats();
    await runHere(["setup", ...flagsOf(server)]);
    for (const [by, servesFrom] of [[1, known + 1], [2, known]] as const) {
      await logOf(server, ahead(by, servesFrom));
      const expected = new RegExp(
        `^The stream CASES_log is at version ${
          known + by
        }, this program knows ${known}: use a newer zaakstroom$`,
      );
      for (const command of [["setup"], ["setup", "--apply"], ["start", "--port", "0"], ["cases", "list"]]) {
        assertRefused(await run([...command, ...flagsOf(server)]), exitCodes.unusable, expected);
      }
    }
  },
);

natsTest("a store from before its layout had a version is of the first one", async () => {
  await using server = await startNats();
  await runHere(["setup", ...flagsOf(server)]);
  await logOf(
    server,
    ({ metadata }) => ({ metadata: { "zaakstroom.partitions": metadata["zaakstroom.partitions"] } }),
  );
  const { code, err } = await runHere(["cases", "list", ...flagsOf(server)]);
  assertEquals(code, exitCodes.ok, err);
});
