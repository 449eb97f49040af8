/** Programs of one version on schemas of the next ones: served as far as a schema says so, and never taken back. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { BackendUnusable } from "../../../backends/errors.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { migrate } from "../../../backends/postgres/setup/migrate.ts";
import type { MigrateMode, WantedSchema } from "../../../backends/postgres/setup/schema_state.ts";
import { caseIntake, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { functionFiles, tableChanges } from "../../../schema/postgres/sql_files.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const ours: WantedSchema = { changes: tableChanges, functions: functionFiles };
const known = tableChanges.at(-1)!.number;
const MODES: readonly MigrateMode[] = ["apply", "if-empty", "check"];

/** The schema a step later: a column more, and a function beside the ones there are. */
function stepAfter(schema: WantedSchema, servesFrom: number): WantedSchema {
  const number = schema.changes.at(-1)!.number + 1;
  const sql = `-- A column.\n-- Serves programs from version ${servesFrom}.\n
    alter table zaakstroom.outbox add column added_${number} text;`;
  const added = {
    name: `added_${number}`,
    sql:
      `create function zaakstroom.added_${number}() returns integer language sql as $$ select ${number} $$;`,
  };
  return {
    changes: [...schema.changes, { number, name: `step_${number}`, sql }],
    functions: [...schema.functions, added],
  };
}

const served = stepAfter(ours, known);

async function migrated(url: string, mode: MigrateMode, wanted = ours) {
  const client = new PostgresClient({ url }, { connections: 1 });
  return await migrate(client, { mode, partitions: 4 }, wanted).finally(() => client.close());
}

async function functionsOf(url: string): Promise<Map<string, number>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const rows = await sql`select proname, oid::int from pg_proc
    where pronamespace = 'zaakstroom'::regnamespace`.finally(() => sql.end());
  return new Map(rows.map(({ proname, oid }) => [proname, oid]));
}

async function storeAt(...versions: readonly WantedSchema[]): Promise<string> {
  const url = await server.freshStore();
  for (const wanted of versions) await migrated(url, "apply", wanted);
  return url;
}

for (const mode of MODES) {
  Deno.test(`in the mode ${mode} a program works with a schema a version ahead that serves it, and changes nothing`, async () => {
    const url = await storeAt(served);
    const before = await functionsOf(url);
    const { from, to, functionsReplaced } = await migrated(url, mode);
    assertEquals([from, to, functionsReplaced], [known + 1, known + 1, false]);
    assertEquals(await functionsOf(url), before);
  });
}

Deno.test("every command works with a schema a version ahead that serves it, and none takes it back", async () => {
  const url = await storeAt(served);
  for (const command of [["setup"], ["simulate", "--count", "3"], ["cases", "list"], ["dlq", "list"]]) {
    const { code, err } = await runHere([...command, "--url", url]);
    assertEquals(code, exitCodes.ok, err);
  }
  const started = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals([started.code, JSON.parse(started.out).ledger.balanced], [0, true], started.err);
  const publisher = new PostgresEventPublisher(url);
  const intake = { case_id: "1", citizen_bsn: "987654321", debt_amount: 5, debt_type: "huur" };
  await publisher.publish(caseIntake(intake));
  await publisher.close();
  assertEquals((await migrated(url, "check", served)).to, known + 1);
});

const refused = {
  "a version ahead that does not serve it": [stepAfter(ours, known + 1)],
  "two versions ahead": [served, stepAfter(served, known + 1)],
  "two versions ahead, whatever that says it serves": [served, stepAfter(served, known)],
};
for (const [what, versions] of Object.entries(refused)) {
  Deno.test(`a program refuses in one line a schema that is ${what}`, async () => {
    const url = await storeAt(...versions);
    const at = versions.at(-1)!.changes.at(-1)!.number;
    const expected = new RegExp(
      `^The database is at version ${at}, this program knows ${known}: use a newer zaakstroom$`,
    );
    for (const mode of MODES) {
      assertMatch(
        (await assertRejects(() => migrated(url, mode), BackendUnusable)).message,
        expected,
      );
    }
    for (const command of [["setup"], ["start", "--port", "0"], ["cases", "list"], ["publish", "-"]]) {
      assertRefused(await run([...command, "--url", url]), exitCodes.unusable, expected);
    }
  });
}

Deno.test("a step that serves the version before keeps the functions of both, each as the same object, and drops the others", async () => {
  const url = await storeAt(served);
  const before = await functionsOf(url);
  const after = stepAfter({ ...served, functions: ours.functions }, known + 1);
  await migrated(url, "apply", after);
  const kept = await functionsOf(url);
  assertEquals([...kept.keys()].sort(), after.functions.map(({ name }) => name).sort());
  for (const { name } of functionFiles) assertEquals(kept.get(name), before.get(name), name);
});

Deno.test("a step that would change what a served program calls is refused, and leaves the schema as it was", async () => {
  const url = await storeAt();
  const before = await functionsOf(url);
  const functions = served.functions.map((file) =>
    file.name === "trim_failures" ? { ...file, sql: file.sql.replace("returns jsonb", "returns json") } : file
  );
  await assertRejects(() => migrated(url, "apply", { ...served, functions }), BackendUnusable, "42P13");
  assertEquals(await functionsOf(url), before);
});

Deno.test("a step that waits for a lock gives way to those behind it, and is applied once the lock is gone", async () => {
  const url = await storeAt();
  const [holder, behind] = [postgres(url, { max: 1 }), postgres(url, { max: 1 })];
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = holder.begin(async (tx) => {
    await tx`lock table zaakstroom.outbox in access share mode`;
    held.resolve();
    await released.promise;
  });
  try {
    await held.promise;
    const step = migrated(url, "apply", served);
    while ((await behind`select from pg_locks where not granted`).length === 0);
    assertEquals((await behind`select * from zaakstroom.outbox`).length, 0);
    released.resolve();
    assertEquals((await step).to, known + 1);
  } finally {
    released.resolve();
    await holding;
    await Promise.all([holder.end(), behind.end()]);
  }
});
