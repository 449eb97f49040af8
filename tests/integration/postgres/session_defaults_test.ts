/** What a DBA sets for a role or a database: it makes no difference. @module */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import { run, runHere } from "../../support/program.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { brokenRules } from "../../support/store_check.ts";

const CASES = 300;

/** Time-outs that no statement of ours would keep to, and whatever changes how values are read, written or planned. */
const SETTINGS: Readonly<Record<string, string>> = {
  statement_timeout: "50ms",
  lock_timeout: "10ms",
  idle_session_timeout: "2s",
  idle_in_transaction_session_timeout: "100ms",
  transaction_timeout: "1s",
  search_path: "nowhere",
  default_transaction_deferrable: "on",
  default_transaction_isolation: "serializable",
  TimeZone: "Asia/Kolkata",
  client_encoding: "LATIN1",
  bytea_output: "escape",
  DateStyle: "ISO, DMY",
  IntervalStyle: "sql_standard",
  row_security: "off",
  extra_float_digits: "-15",
  array_nulls: "off",
  quote_all_identifiers: "on",
  transform_null_equals: "on",
  plan_cache_mode: "force_custom_plan",
  enable_indexscan: "off",
  enable_bitmapscan: "off",
  synchronous_commit: "off",
  jit: "on",
  jit_above_cost: "0",
};

async function alter(administer: (sql: string) => Promise<void>, role: string): Promise<void> {
  await administer(`create role ${role} superuser login`);
  for (const [name, value] of Object.entries(SETTINGS)) {
    await administer(`alter role ${role} set ${name} = ${value.includes(",") ? value : `'${value}'`}`);
  }
  // Backslashes in texts would be read as escapes.
  await administer(`alter role ${role} set backslash_quote = on`);
  await administer(`alter role ${role} set escape_string_warning = off`);
  await administer(`alter role ${role} set standard_conforming_strings = off`);
}

Deno.test("a ledger balances whatever the session defaults of its role are, all of them at once", async () => {
  await using server = await startPostgres({ fsync: false });
  await alter((sql) => server.administer(sql), "restless");
  const plain = await server.freshDatabase();
  const url = plain.replace(/\/\/[^@]*@/, "//restless@");
  const sql = postgres(url, { max: 1 });
  const [found] = await sql`show lock_timeout`.finally(() => sql.end());
  assertEquals(found, { lock_timeout: "10ms" });
  assertEquals((await runHere(["setup", "--url", url])).code, 0);
  const feed = [
    "--count",
    `${CASES}`,
    "--seed",
    "dba",
    "--from",
    "2026-01-01T00:00:00Z",
    "--until-idle",
    "--json",
    "--port",
    "0",
  ];
  const { code, out, err } = await run(["start", "--url", url, ...feed]);
  assertEquals(code, 0, err);
  const { ledger, dead, parked, restarts }: RunSummary = JSON.parse(out);
  assertEquals({ balanced: ledger.balanced, accepted: ledger.accepted, dead, parked, restarts }, {
    balanced: true,
    accepted: CASES,
    dead: 0,
    parked: 0,
    restarts: 0,
  });
  assertEquals(await brokenRules(plain), []);
  for (const command of [["cases", "list"], ["dlq", "list"], ["inbox", "list"]]) {
    const listed = await runHere([...command, "--url", url]);
    assertEquals([listed.code, listed.err], [0, ""], command.join(" "));
  }
});
