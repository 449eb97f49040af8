/** The schema: made once, changed only by those who ask for it, and refused in one line by all others. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { BackendUnusable } from "../../../backends/errors.ts";
import type { Failure } from "../../../backends/mailbox/mailbox.ts";
import { appendFailure } from "../../../backends/settlement/failure_history.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { migrate } from "../../../backends/postgres/setup/migrate.ts";
import type { MigrateMode, WantedSchema } from "../../../backends/postgres/setup/schema_state.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { caseIntake, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { functionFiles, tableChanges } from "../../../schema/postgres/sql_files.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const ours: WantedSchema = { changes: tableChanges, functions: functionFiles };

const known = tableChanges.at(-1)!.number;
const replaced = `Replaced the functions of the schema, version ${known}`;

/** A program of later: a column more, a function gone, one new, and one that answers another type. */
const next: WantedSchema = {
  changes: [...tableChanges, {
    number: known + 1,
    name: "citizens",
    sql: "alter table zaakstroom.outbox add column citizen text;",
  }],
  functions: [
    ...functionFiles.filter(({ name }) => name !== "histories" && name !== "mark_in_flight"),
    {
      name: "mark_in_flight",
      sql:
        `create function zaakstroom.mark_in_flight(p_processor text, p_partition smallint, p_epoch bigint, p_in_flight json)
        returns integer language sql as 'select 1';`,
    },
    {
      name: "added",
      sql: "create function zaakstroom.added() returns text language sql as $$ select 'new' $$;",
    },
  ],
};

const otherFunctions: WantedSchema = { changes: tableChanges, functions: next.functions };

async function migrated(url: string, mode: MigrateMode, wanted = ours) {
  const client = new PostgresClient({ url }, { connections: 1 });
  return await migrate(client, { mode, partitions: 4 }, wanted).finally(() => client.close());
}

const asked = async <T>(url: string, ask: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  return await Promise.resolve(ask(sql)).finally(() => sql.end());
};

const catalog = {
  columns:
    `select table_name, ordinal_position, column_name, data_type, collation_name, column_default, is_nullable,
      is_identity from information_schema.columns where table_schema = 'zaakstroom' order by 1, 2`,
  constraints:
    `select conrelid::regclass::text as of, conname, pg_get_constraintdef(oid) as definition from pg_constraint
    where connamespace = 'zaakstroom'::regnamespace order by 1, 2`,
  indexes: "select indexname, indexdef from pg_indexes where schemaname = 'zaakstroom' order by 1",
  relations: `select relname, relkind::text, reloptions from pg_class
    where relnamespace = 'zaakstroom'::regnamespace order by 1`,
  functions: `select oid::regprocedure::text as signature, pg_get_functiondef(oid) as definition from pg_proc
    where pronamespace = 'zaakstroom'::regnamespace order by 1`,
  records: "select number, name, functions from zaakstroom.table_changes, zaakstroom.store order by 1",
};

/** All that makes two schemas the same. */
async function catalogOf(url: string): Promise<Record<string, unknown[]>> {
  return await asked(url, async (sql) => {
    const answers = Object.entries(catalog).map(async (
      [what, query],
    ) => [what, [...await sql.unsafe(query)]]);
    return Object.fromEntries(await Promise.all(answers));
  });
}

const SCHEMA_SQL = new URL("../../../schema/postgres/schema.sql", import.meta.url);

async function fromSchemaSql(): Promise<string> {
  const url = await server.freshDatabase();
  const text = await Deno.readTextFile(SCHEMA_SQL);
  await asked(url, (sql) => sql.unsafe(text));
  return url;
}

function psql(...args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command("psql", { args: ["-X", ...args], stdin: "null" }).output();
}

async function hasPsql(): Promise<boolean> {
  return await psql("--version").then(({ success }) => success, () => false);
}

Deno.test("schema.sql makes what the migrations make: tables, columns, constraints, indexes, functions, records", async () => {
  const [byFile, bySetup] = [await fromSchemaSql(), await server.freshStore()];
  const [one, two] = [await catalogOf(byFile), await catalogOf(bySetup)];
  for (const what of Object.keys(catalog)) assertEquals(one[what], two[what], what);
  assertEquals(one.functions!.length, functionFiles.length);
});

Deno.test({
  name: "psql takes schema.sql without a word",
  ignore: !await hasPsql(),
  fn: async () => {
    const [url, bySetup] = [await server.freshDatabase(), await server.freshStore()];
    const { code, stderr } = await psql("-v", "ON_ERROR_STOP=1", "-q", "-f", SCHEMA_SQL.pathname, url);
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    assertEquals(await catalogOf(url), await catalogOf(bySetup));
  },
});

Deno.test("start takes what schema.sql made as it is, with a role that may not change it", async () => {
  const url = await fromSchemaSql();
  await asked(url, (sql) =>
    sql.unsafe(`create role worker login; grant usage on schema zaakstroom to worker;
      grant all on all tables in schema zaakstroom to worker; grant all on all sequences in schema zaakstroom to worker`));
  const before = await catalogOf(url);
  const asWorker = url.replace("postgres@", "worker@");
  const ran = await run([
    "start",
    "--url",
    asWorker,
    "--count",
    "20",
    "--until-idle",
    "--json",
    "--port",
    "0",
  ]);
  assertEquals([ran.code, JSON.parse(ran.out).ledger.balanced], [0, true], ran.err);
  assertEquals(await catalogOf(url), before);
});

Deno.test("of several that start at once on an empty database one makes the schema, and the others find it made", async () => {
  const url = await server.freshDatabase();
  const done = await Promise.all(Array.from({ length: 4 }, () => migrated(url, "apply")));
  assertEquals(done.map(({ from }) => from).sort(), [0, known, known, known]);
  assertEquals(done.map(({ partitions }) => partitions), [4, 4, 4, 4]);
});

Deno.test("a change of tables is applied once, and functions that differ are replaced: old ones and signatures go", async () => {
  const url = await server.freshStore();
  const { from, to, functionsReplaced } = await migrated(url, "apply", next);
  assertEquals([from, to, functionsReplaced], [known, known + 1, true]);
  const again = await migrated(url, "check", next);
  assertEquals([again.from, again.to, again.functionsReplaced, again.partitions], [
    known + 1,
    known + 1,
    false,
    16,
  ]);
  const { functions, columns } = await catalogOf(url);
  const names = functions!.map((row) =>
    /^zaakstroom\.(\w+)/.exec((row as { signature: string }).signature)![1]
  );
  assertEquals(names.toSorted(), next.functions.map(({ name }) => name).toSorted());
  assertEquals(
    columns!.filter((row) => (row as { column_name: string }).column_name === "citizen").length,
    1,
  );
  assertEquals(
    (await assertRejects(() => migrated(url, "apply"), BackendUnusable)).message,
    `The database is at version ${known + 1}, this program knows ${known}: use a newer zaakstroom`,
  );
});

Deno.test("a change that fails leaves the schema as it was", async () => {
  const url = await server.freshStore();
  const before = await catalogOf(url);
  const broken = { ...next, functions: [...next.functions, { name: "bad", sql: "create nonsense;" }] };
  await assertRejects(() => migrated(url, "apply", broken));
  assertEquals(await catalogOf(url), before);
});

for (const mode of ["check", "if-empty"] as const) {
  Deno.test(`in the mode ${mode} a store that holds something is not changed, and what differs is told`, async () => {
    const url = await server.freshStore();
    const before = await catalogOf(url);
    const refusal = async (wanted: WantedSchema) =>
      (await assertRejects(() => migrated(url, mode, wanted), BackendUnusable)).message;
    const older = new RegExp(
      `^The database is at version ${known}, this program needs ${known + 1}: run its setup or start`,
    );
    assertMatch(await refusal(next), older);
    assertMatch(await refusal(otherFunctions), /^The functions in the database are of another version/);
    assertEquals(await catalogOf(url), before);
  });
}

/** Commands that read or store, and make no schema on a server. */
const others = [
  ["cases", "list"],
  ["dlq", "list"],
  ["simulate", "--count", "1"],
  ["publish", "-"],
  ["load", "--rate", "1/sec", "--duration", "1s"],
];

async function assertAllRefuse(url: string, expected: RegExp): Promise<void> {
  for (const args of others) assertRefused(await run([...args, "--url", url]), exitCodes.unusable, expected);
  const publisher = new PostgresEventPublisher(url);
  const intake = { case_id: "1", citizen_bsn: "987654321", debt_amount: 5, debt_type: "huur" };
  const error = await assertRejects(() => publisher.publish(caseIntake(intake)), BackendUnusable);
  assertMatch((error as Error).message, expected);
  await publisher.close();
  assertMatch((await assertRejects(() => openPostgres({ url }), BackendUnusable)).message, expected);
}

Deno.test("on a server an empty database stays empty until setup or start: all others say in a line what to do", async () => {
  const url = await server.freshDatabase();
  await assertAllRefuse(
    url,
    /^The database has no store yet: run the setup or start command, which make it$/,
  );
  const [{ n }] = await asked(
    url,
    (sql) => sql<[{ n: number }]>`select count(*)::int as n from pg_namespace where nspname = 'zaakstroom'`,
  );
  assertEquals(n, 0);
});

Deno.test("a store whose functions are of another version is changed by setup and start, which say so, and by no other", async () => {
  const url = await server.freshDatabase();
  await migrated(url, "apply", otherFunctions);
  await assertAllRefuse(
    url,
    /^The functions in the database are of another version of this program: run its setup/,
  );
  const made = await runHere(["setup", "--url", url]);
  assertEquals([made.code, made.out.trim()], [0, replaced], made.err);
  assertEquals((await runHere(["cases", "list", "--url", url])).code, 0);
  await asked(url, (sql) => sql`update zaakstroom.store set functions = 'others'`);
  const started = await run(["start", "--url", url, "--until-idle", "--port", "0"]);
  assertEquals(started.code, 0, started.err);
  assertMatch(started.err, new RegExp(`^${replaced}$`, "m"));
});

for (const table of ["migrations", "table_changes"]) {
  Deno.test(`a store that was made before the first release (by its ${table}) is refused by every command, with what to do`, async () => {
    const url = await server.freshDatabase();
    await server.administer("create schema zaakstroom", url);
    await server.administer(`create table zaakstroom.${table} (number integer primary key)`, url);
    const expected =
      /^The store was made by an earlier version of this program; nothing was released, .*: start with an empty database$/;
    await assertAllRefuse(url, expected);
    for (const args of [["setup"], ["start", "--port", "0"]]) {
      assertRefused(await run([...args, "--url", url]), exitCodes.unusable, expected);
    }
  });
}

Deno.test("an empty embedded store is made by whichever command comes first", async () => {
  await using place = await TestDirectory.make();
  const listed = await run(["cases", "list", "--json", "--data-dir", place.dataDir]);
  assertEquals([listed.code, listed.out.trim()], [0, '{"cases":[]}'], listed.err);
});

Deno.test("an embedded store that holds something is not changed by a command that only reads", async () => {
  await using place = await TestDirectory.make();
  await run(["cases", "list", "--data-dir", place.dataDir]);
  const { openEmbedded } = await import("../../../backends/postgres/embedded/embedded.ts");
  const embedded = await openEmbedded({ dataDir: place.dataDir, role: "client" });
  const sql = postgres({ ...embedded.connection, max: 1 });
  await sql`update zaakstroom.store set functions = 'others'`;
  await sql.end();
  await embedded.close();
  const refused = await run(["cases", "list", "--data-dir", place.dataDir]);
  assertRefused(refused, exitCodes.unusable, /^The functions in the database are of another version/);
  const made = await run(["setup", "--data-dir", place.dataDir]);
  assertEquals([made.code, made.out.trim()], [0, replaced], made.err);
});

Deno.test("of any number of failures SQL keeps those that TypeScript keeps", async () => {
  const url = await server.freshStore();
  const failure = (n: number): Failure => ({ class: "Error", message: `${n}`, at: `${n}` });
  await asked(url, async (sql) => {
    for (const many of [0, 1, 19, 20, 21, 22, 60]) {
      const failures = Array.from({ length: many }, (_, i) => failure(i));
      const kept = failures.reduce<readonly Failure[]>(appendFailure, []);
      const [row] = await sql`
        select zaakstroom.trim_failures(${JSON.stringify(failures)}::text::jsonb) as kept`;
      assertEquals(row!.kept, kept, `${many}`);
    }
  });
});
