/** A node, a producer, a reader and an auditor under the roles that `setup --print-roles` prints, and what each may not do. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres, { type Sql } from "postgres";
import { nodeRights } from "../../../schema/postgres/rights.ts";
import { run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
let url: string;

/** The URL of the store for one of its roles. */
const as = (role: string) => url.replace("//postgres@", `//zaakstroom_${role}@`);

async function withRole<T>(role: string, use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(as(role), { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

async function done(...args: string[]): Promise<string> {
  const { code, out, err } = await run(args);
  assertEquals(code, 0, `${args.join(" ")}: ${err}`);
  return out;
}

Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  await server.administer("alter system set wal_level = logical");
  await server.stopFast();
  await server.start();
  url = await server.freshDatabase();
  const { out } = await runHere(["setup", "--print-roles"]);
  await server.administer(out, url);
  await done("setup", "--url", as("owner"), "--partitions", "2");
  await server.administer(out, url);
  await server.administer(out, url);
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const INTAKE = { case_id: "case-1", citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

Deno.test("printing the roles touches no server, and needs none", async () => {
  const { code, out } = await run(["setup", "--print-roles", "--url", "postgres://nobody@127.0.0.1:1/none"]);
  assertEquals(code, 0);
  assertMatch(out, /create role zaakstroom_node login nosuperuser/);
});

Deno.test("every table of the store has its rights", async () => {
  const tables = await withRole(
    "owner",
    (sql) => sql`select tablename from pg_tables where schemaname = 'zaakstroom'`,
  );
  assertEquals(Object.values(nodeRights).flat().sort(), tables.map(({ tablename }) => tablename).sort());
});

Deno.test("a producer leaves an event in the outbox, a node takes it through, a reader lists it, an auditor reads it", async () => {
  await withRole(
    "producer",
    (sql) => sql`insert into zaakstroom.outbox (event) values (${JSON.stringify(INTAKE)}::text::json)`,
  );
  await done("start", "--url", as("node"), "--until-idle", "--json", "--port", "0");
  // The node may have ended before its read models held everything; whoever may make them brings them up to date.
  assertMatch(await done("cases", "list", "--url", as("node")), /case-1/);
  const listed = await withRole("reader", (sql) => sql`select case_id from zaakstroom_models.cases`);
  assertEquals(listed.map(({ case_id }) => case_id), ["case-1"]);
  for (const role of ["reader", "auditor"]) {
    assertMatch(await done("cases", "list", "--url", as(role)), /case-1/);
  }
  assertMatch(await done("cases", "show", "case-1", "--url", as("auditor")), /case\.decision/);
  assertMatch(await done("audit", "verify", "--url", as("auditor")), /^partition 0: whole/);
  const { findings } = JSON.parse((await run(["doctor", "--json", "--url", as("node")])).out);
  assertEquals(findings.find(({ check }: { check: string }) => check === "rights").level, "ok");
  for (const role of ["reader", "auditor", "backup"]) {
    await withRole(role, (sql) => sql`select * from zaakstroom_models.cases`);
  }
});

Deno.test("personal data is exported by who may leave that in the trail, and by nobody else, a reader of events neither", async () => {
  const args = ["export", "--model", "cases", "--personal", "--reason", "Request 12", "--url"];
  for (const role of ["reader", "auditor", "producer", "backup"]) {
    const { code, out, err } = await runHere([...args, as(role)]);
    assertEquals([role, code === 0, out.includes("999990019")], [role, false, false], err);
  }
  assertMatch(await done(...args, as("node")), /"citizen_bsn":"999990019"/);
  const trail = await withRole(
    "auditor",
    (sql) => sql`select by, why from zaakstroom.event_log where act = 'export_personal'`,
  );
  assertEquals(trail.map(({ by, why }) => [by, why]), [["zaakstroom_node", "cases: Request 12"]]);
});

/** What a role may not do. */
const REFUSED: Record<string, readonly [role: string, ...statements: string[]]> = {
  "a node may do none of what it has no need of": [
    "node",
    "update zaakstroom.events set data = '{}'",
    "delete from zaakstroom.events",
    "truncate zaakstroom.events",
    "drop table zaakstroom.events",
    "alter table zaakstroom.events add column extra text",
    "create trigger t before insert on zaakstroom.events for each row execute function suppress_redundant_updates_trigger()",
    "update zaakstroom.event_log set by = 'another'",
    "delete from zaakstroom.event_log",
    "update zaakstroom.event_blocks set hash = ''",
    "delete from zaakstroom.event_blocks",
    "update zaakstroom.store_secret set secret = 'known'",
    "update zaakstroom.store set partitions = 1",
    "create or replace function zaakstroom.close_blocks(p_partitions smallint[], p_positions integer) returns integer language sql as 'select 0'",
    "create table zaakstroom.another (id integer)",
    "create table public.another (id integer)",
    "create role another superuser",
    "copy (select 1) to program 'true'",
    "select pg_read_file('postgresql.conf')",
  ],
  "a producer may do none of what it has no need of": [
    "producer",
    "select * from zaakstroom.outbox",
    "insert into zaakstroom.outbox (event, refused_for) values ('{}', 'me')",
    "insert into zaakstroom.outbox (id, event) overriding system value values (1, '{}')",
    "delete from zaakstroom.outbox",
    "update zaakstroom.outbox set event = '{}'",
    "select * from zaakstroom.events",
    "select * from zaakstroom.store_secret",
    "insert into zaakstroom.events (partition, type, case_id, version, event_id, schema_version, occurred_at, data, metadata) values (0, 'case.decision', 'c', 1, gen_random_uuid(), 1, now(), '{}', '{}')",
    "select zaakstroom.append('{0}', e'0\\t019b76da-a800-7000-8000-000000000001\\tcase.decision\\tc\\t2026-01-01\\t1\\t{}\\t{}', 1)",
    "select * from zaakstroom_models.cases",
  ],
  "a reader may do none of what it has no need of": [
    "reader",
    "select * from zaakstroom.events",
    "select * from zaakstroom.outbox",
    "select * from zaakstroom.event_log",
    "select * from zaakstroom.store_secret",
    "insert into zaakstroom.outbox (event) values ('{}')",
    "delete from zaakstroom.subscriptions",
  ],
  "an auditor may do none of what it has no need of": [
    "auditor",
    "select * from zaakstroom.store_secret",
    "select event from zaakstroom.outbox",
    "insert into zaakstroom.outbox (event) values ('{}')",
    "delete from zaakstroom.event_blocks",
    "update zaakstroom.parked_deliveries set attempts = 0",
  ],
  "who streams changes may do none of what it has no need of": [
    "cdc",
    "select * from zaakstroom.store_secret",
    "select * from zaakstroom.event_log",
    "select * from zaakstroom_models.cases",
    "insert into zaakstroom.outbox (event) values ('{}')",
    "delete from zaakstroom.outbox",
    "update zaakstroom.events set data = '{}'",
    "alter publication zaakstroom_cdc set table zaakstroom.store_secret",
    "create publication another for table zaakstroom.store_secret",
  ],
  "a backup may do none of what it has no need of": [
    "backup",
    "insert into zaakstroom.outbox (event) values ('{}')",
    "delete from zaakstroom.events",
  ],
};

for (const [name, [role, ...statements]] of Object.entries(REFUSED)) {
  Deno.test(name, async () => {
    await withRole(role, async (sql) => {
      for (const statement of statements) {
        const error = await assertRejects(() => sql.unsafe(statement), Error, undefined, statement);
        assertMatch(
          (error as Error & { code: string }).code,
          /^(42501|ZS003)$/,
          `${statement}: ${error.message}`,
        );
      }
    });
  });
}

Deno.test("a backup reads all tables and sequences, the secret too", async () => {
  await withRole("backup", async (sql) => {
    for (const table of Object.values(nodeRights).flat()) await sql`select * from zaakstroom.${sql(table)}`;
    const [{ secret }] = await sql<[{ secret: string }]>`select secret from zaakstroom.store_secret`;
    assert(secret.length >= 43);
    await sql`select * from zaakstroom.events_position_seq`;
  });
});

Deno.test("who streams changes gets those of the log, by the publication that the roles come with", async () => {
  await withRole("producer", (sql) => sql`insert into zaakstroom.outbox (event) values ('{"case_id":7}')`);
  const changes = await done("cdc", "start", "--until-idle", "--url", as("cdc"));
  assertMatch(changes, /"table":"outbox"/);
  assert(!changes.includes(INTAKE.citizen_bsn));
  assertMatch(await done("cdc", "status", "--url", as("cdc")), /zaakstroom_cdc/);
  await server.administer("select pg_drop_replication_slot('zaakstroom_cdc')", url);
});

Deno.test("who replicates makes a backup that knows its position", async () => {
  const backups = await Deno.makeTempDir({ prefix: "zaakstroom-roles-" });
  const made = await done("backup", "create", "--to", backups, "--url", as("replication"), "--json");
  assert(JSON.parse(made).position > 0, made);
  await Deno.remove(backups, { recursive: true });
});
