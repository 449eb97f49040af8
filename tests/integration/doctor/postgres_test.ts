/** `doctor` on PostgreSQL: what it finds on servers with good and bad settings, and that it changes nothing. @module */
import { assertEquals, assertMatch } from "@std/assert";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { Finding } from "../../../backends/diagnosis/finding.ts";
import { assertRefused, runHere } from "../../support/program.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** What doctor finds, by what it checked. */
async function findingsOn(url: string, ...args: string[]) {
  const { code, out, err } = await runHere(["doctor", "--url", url, "--json", ...args]);
  if (out === "") throw new Error(err);
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  const level = (check: string) => findings.find((each) => each.check === check)?.level;
  return { code, findings, level };
}

/** Every word of the server that a check could have changed. */
async function stateOf(url: string): Promise<string> {
  const sql = postgres(url, { max: 1 });
  try {
    const [row] = await sql`select
      (select json_agg(s order by s.name)::text from (select name, setting from pg_settings) s) as settings,
      (select json_agg(c order by c.oid)::text from (select oid, relname, relacl from pg_class) c) as relations,
      (select json_agg(n.nspname order by 1)::text from pg_namespace n where n.nspname !~ '^pg_') as schemas`;
    return JSON.stringify(row);
  } finally {
    await sql.end();
  }
}

const as = (user: string, url: string) => url.replace("postgres@", `${user}@`);

Deno.test("a server as the embedded one is set has nothing to mend, and stays as it is", async () => {
  const url = await server.freshStore();
  const before = await stateOf(url);
  const { code, findings } = await findingsOn(url);
  // How full the disk of this machine is says nothing of the server.
  const ofServer = findings.filter(({ check }) => check !== "disk");
  assertEquals(ofServer.filter(({ level }) => level === "problem" || level === "advice"), []);
  assertEquals([code, findings.length > 15], [exitCodes.ok, true]);
  assertEquals(await stateOf(url), before);
});

Deno.test("an empty database gets the advice to run setup, and none is run", async () => {
  const url = await server.freshDatabase();
  const before = await stateOf(url);
  const { code, level } = await findingsOn(url);
  assertEquals([code, level("store"), level("rights")], [exitCodes.ok, "advice", "ok"]);
  assertEquals(await stateOf(url), before);
});

Deno.test("settings that lose events are problems, each with what to change and why", async () => {
  await using bad = await startPostgres({ fsync: false });
  for (
    const setting of [
      "autovacuum = off",
      "max_wal_size = '64MB'",
      "idle_session_timeout = '5s'",
      "default_transaction_read_only = on",
    ]
  ) await bad.administer(`alter system set ${setting}`);
  await bad.administer("alter role postgres set synchronous_commit = off");
  await bad.administer("select pg_reload_conf()");
  const { code, findings, level } = await findingsOn(bad.url);
  assertEquals(code, exitCodes.failed);
  const problems = ["fsync", "autovacuum", "writable"];
  const advice = ["max_wal_size", "timeouts", "synchronous_commit"];
  assertEquals(problems.map(level), problems.map(() => "problem"));
  assertEquals(advice.map(level), advice.map(() => "advice"));
  const asking = findings.filter((each) => each.level === "problem" || each.level === "advice");
  assertEquals(asking.filter(({ change, why }) => !change || !why), []);
  assertEquals((await findingsOn(bad.url, "--pooler")).level("synchronous_commit"), "problem");
});

Deno.test("a commit that waits for a standby that is not there is a problem", async () => {
  await using alone = await startPostgres();
  await alone.administer("alter system set synchronous_standby_names = 'other'");
  await alone.administer("select pg_reload_conf()");
  assertEquals((await findingsOn(alone.url)).level("synchronous_standby_names"), "problem");
});

Deno.test("connections are counted against the limit of the role", async () => {
  const url = await server.freshStore();
  await server.administer("create role few login superuser connection limit 12");
  assertEquals((await findingsOn(as("few", url))).level("connections"), "advice");
  await server.administer("alter role few connection limit 4");
  assertEquals((await findingsOn(as("few", url))).level("connections"), "problem");
});

Deno.test("rights that are missing are named", async () => {
  const url = await server.freshStore();
  await server.administer("create role reader login");
  assertEquals((await findingsOn(as("reader", url))).level("rights"), "problem");
  await server.administer("grant usage on schema zaakstroom to reader", url);
  await server.administer("grant select on all tables in schema zaakstroom to reader", url);
  const { findings } = await findingsOn(as("reader", url));
  assertMatch(
    findings.find(({ check }) => check === "rights")!.found,
    /^may not use event_blocks, event_kinds, event_log, /,
  );
  await server.administer("grant all on all tables in schema zaakstroom to reader", url);
  const models = (await findingsOn(as("reader", url))).findings.find(({ check }) => check === "rights")!;
  assertEquals(models.found, "may not use the schema zaakstroom_models");
  await server.administer("grant usage, create on schema zaakstroom_models to reader", url);
  assertEquals((await findingsOn(as("reader", url))).level("rights"), "advice");
  const appended = [
    "events",
    "event_kinds",
    "event_log",
    "event_blocks",
    "store",
    "table_changes",
    "store_secret",
    "producers",
  ];
  const tables = appended.map((name) => `zaakstroom.${name}`).join(", ");
  await server.administer(`revoke update, delete, truncate on ${tables} from reader`, url);
  assertEquals(
    (await findingsOn(as("reader", url))).level("rights"),
    "advice",
    "rows that are locked may be removed",
  );
  await server.administer("revoke delete, truncate on zaakstroom.locks from reader", url);
  assertEquals((await findingsOn(as("reader", url))).level("rights"), "ok");
});

Deno.test("a replication slot that nothing reads is found", async () => {
  await using own = await startPostgres();
  await own.administer("select pg_create_physical_replication_slot('forgotten', true)");
  await own.administer("create table filler as select generate_series(1, 100000)");
  const { findings } = await findingsOn(own.url);
  assertMatch(findings.find(({ check }) => check === "replication_slots")!.found, /^forgotten is not read/);
});

Deno.test("the embedded server is set as doctor wants it, and its disk is seen", async () => {
  await using place = await TestDirectory.make();
  assertEquals((await runHere(["setup", "--data-dir", place.dataDir])).code, exitCodes.ok);
  const { code, out } = await runHere(["doctor", "--data-dir", place.dataDir, "--json"]);
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  assertEquals([code, ...findings.filter(({ level, check }) => level !== "ok" && check !== "disk")], [
    exitCodes.ok,
  ]);
  assertMatch(findings.find(({ check }) => check === "disk")!.found, / of .* free$/);
});

Deno.test("text for people has a line for each check, and a sum", async () => {
  const { code, out } = await runHere(["doctor", "--url", await server.freshDatabase()]);
  assertEquals(code, exitCodes.ok);
  assertMatch(out, /^ok {6}version: PostgreSQL 18\.\d+$/m);
  assertMatch(out, /^advice {2}store: none yet\n {8}change: run setup .*\n {8}why: /m);
  // The disk of this machine may be rather full: that is one more.
  assertMatch(out, /: 0 problems, [12] advice$/);
});

Deno.test("a server that is away, and a machine without a store, have exit codes of their own", async () => {
  const refused = await runHere(["doctor", "--url", "postgres://postgres@127.0.0.1:1/postgres"]);
  assertRefused(refused, exitCodes.unavailable, /ECONNREFUSED/);
  const empty = await Deno.makeTempDir();
  const none = await runHere(["doctor", "--data-dir", empty]);
  assertRefused(none, exitCodes.notFound, /^There is no store in .* yet/);
  assertEquals([...Deno.readDirSync(empty)], []);
  await Deno.remove(empty);
});
