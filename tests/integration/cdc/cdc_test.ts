/** `cdc` as people use it: our own log and other tables, killed in between, masked, looked at and dropped. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { ChangeFile, type ChangeSink } from "../../../backends/relay/changes/change_sink.ts";
import { writeSnapshot } from "../../../backends/postgres/cdc/snapshot.ts";
import { streamChanges } from "../../../backends/postgres/cdc/stream_changes.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { FaultProxy } from "../../../simulators/proxy/fault_proxy.ts";
import { readInput } from "../../../schema/input.ts";
import { assertRefused, Program, runHere } from "../../support/program.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let [server, folder]: [TestPostgres, string] = [] as never;
Deno.test.beforeAll(async () => {
  [server, folder] = await Promise.all([
    startPostgres({ fsync: false }),
    Deno.makeTempDir({ prefix: "zaakstroom-cdc-" }),
  ]);
  await server.administer("alter system set wal_level = logical");
  await server.stopFast();
  await server.start();
});
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

const intake = (case_id: string) =>
  readInput({ case_id, citizen_bsn: "123456782", debt_amount: 500, debt_type: "huur" });

interface Line {
  readonly key: Record<string, unknown> | null;
  readonly value: {
    readonly before: Record<string, unknown> | null;
    readonly after: Record<string, unknown> | null;
    readonly op: string;
    readonly source: Record<string, unknown>;
  } | null;
}

async function linesOf(path: string): Promise<Line[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

Deno.test("a file has each event once, from the snapshot on, when cdc and its walsender are killed in between", async () => {
  const [url, path] = [await server.freshStore(), `${folder}/killed.ndjson`];
  const backend = await openPostgres({ url });
  const cases = (part: number) => Array.from({ length: 300 }, (_, i) => intake(`zaak-${part}-${i}`));
  await backend.append(cases(1));
  const args = ["cdc", "start", "--to", path, "--slot", "killed", "--url", url];
  {
    await using killed = Program.start(args);
    await waitUntil(async () => (await linesOf(path)).length > 0);
    await backend.append(cases(2));
    await waitUntil(async () => (await linesOf(path)).length > 300);
    await server.administer("select pg_terminate_backend(active_pid) from pg_replication_slots where active");
    await backend.append(cases(3));
    await killed.kill9();
  }
  await backend.append(cases(4));
  await waitUntil(async () => {
    const { out } = await runHere(["cdc", "status", "--json", "--url", url]);
    return JSON.parse(out).slots[0].active === false;
  });
  const { figures } = await backend.measure();
  assert(figures.slots_lag_bytes! > 0 && figures.slots_lag_seconds! > 0, JSON.stringify(figures));
  const ended = await runHere([...args, "--until-idle"]);
  assertEquals(ended.code, 0, ended.err);
  const events = (await linesOf(path)).filter(({ value }) => value?.source.table === "events");
  const positions = events.map(({ value }) => Number(value!.after!.position));
  const stored = (await Array.fromAsync(backend.readAll())).map(({ position }) => position);
  assertEquals(positions.toSorted((a, b) => a - b), stored);
  assertEquals([events[0]!.value!.op, events.at(-1)!.value!.op], ["r", "c"]);
  assert(!(await Deno.readTextFile(path)).includes("123456782"));
  await backend.close();
  await server.administer("select pg_drop_replication_slot('killed')", url);
});

Deno.test("other tables leave by their keys and the columns that are listed; a deletion has a tombstone", async () => {
  const [url, path] = [await server.freshDatabase(), `${folder}/tables.ndjson`];
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`create table people (id int primary key, name text, amount numeric, active bool)`;
  await sql`insert into people values (1, 'Jansen', 12.50, true)`;
  const args = [
    ...["cdc", "start", "--to", path, "--slot", "tables", "--tables", "public.people", "--url", url],
    ...["--columns", "public.people.id,public.people.amount,public.people.active", "--until-idle"],
  ];
  assertEquals((await runHere(args)).code, 0);
  await sql.begin(async (tx) => {
    await tx`insert into people values (2, 'Pietersen', null, false)`;
    await tx`update people set amount = 3 where id = 2`;
  });
  await sql`delete from people where id = 1`;
  await sql`truncate people`;
  assertEquals((await runHere(args)).code, 0);
  const lines = await linesOf(path);
  assertEquals(lines.map(({ key, value }) => [key?.id ?? null, value?.op ?? null]), [
    [1, "r"],
    [2, "c"],
    [2, "u"],
    [1, "d"],
    [1, null],
    [null, "t"],
  ]);
  assertEquals(lines[0]!.value!.after, { id: 1, name: "not shown", amount: "12.50", active: true });
  assertEquals(lines[2]!.value!.after, { id: 2, name: "not shown", amount: "3", active: false });
  const { connector, table, txId, lsn, snapshot } = lines[1]!.value!.source as Record<string, unknown>;
  assertEquals([connector, table, snapshot], ["postgresql", "people", "false"]);
  assertEquals([typeof txId, typeof lsn], ["number", "number"]);
  assertEquals(lines[1]!.value!.source.txId, lines[2]!.value!.source.txId);
  const dropped = ["cdc", "drop", "--slot", "tables", "--url", url];
  assertEquals((await runHere(dropped)).out, "Removed the slot tables");
  assertEquals((await runHere(dropped)).code, 7);
  await sql.end();
});

Deno.test("a snapshot needs no slot and comes by the keys, and cdc refuses in one line what it can't do", async () => {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  await backend.append(Array.from({ length: 12 }, (_, i) => intake(`zaak-${i}`)));
  await backend.close();
  const { code, out } = await runHere(["cdc", "snapshot", "--url", url]);
  const rows = out.trim().split("\n").map((line) => (JSON.parse(line) as Line).value!);
  assertEquals([code, new Set(rows.map(({ op }) => op))], [0, new Set(["r"])]);
  const positions = rows.map(({ after }) => Number(after!.position));
  assertEquals(positions, positions.toSorted((a, b) => a - b));
  assertMatch((await runHere(["cdc", "status", "--url", url])).out, /^There is no slot/);
  assertRefused(await runHere(["cdc", "status"]), 2, /cdc needs --url/);
  assertRefused(
    await runHere(["cdc", "snapshot", "--tables", "people", "--url", url]),
    2,
    /write schema\.table/,
  );
});

Deno.test("a snapshot whose connection is ended between two pages says so, and is not taken for a whole one", async () => {
  const client = new PostgresClient({ url: await server.freshDatabase() }, { connections: 1 });
  await client.run((sql) => sql`create table many (id int primary key)`);
  await client.run((sql) => sql`insert into many select * from generate_series(1, 2500)`);
  const session = client.openSession();
  const end = () =>
    client.run((sql) =>
      sql`select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`
    );
  await assertRejects(
    () =>
      writeSnapshot(session, {
        tables: [{ schema: "public", table: "many" }],
        origin: { version: "1", name: "test", database: "test" },
        mask: (_relation, row) => row,
        outboxes: [],
        write: async () => void await end(),
      }),
    BackendUnavailable,
  );
  await Promise.all([session.end({ timeout: 1 }), client.close()]);
});

Deno.test("a snapshot whose connections break off under a statement is begun anew", async () => {
  const [url, path] = [new URL(await server.freshDatabase()), `${folder}/cut.ndjson`];
  const sql = postgres(url.href, { max: 1, onnotice: () => {} });
  await sql`create table many (id int primary key)`;
  await sql`insert into many select * from generate_series(1, 20000)`;
  const proxy = new FaultProxy({ hostname: "127.0.0.1", port: Number(url.port) });
  const port = String(proxy.port);
  const file = new ChangeFile(path);
  let pages = 0;
  const sink: ChangeSink = {
    open: () => file.open(),
    write: (lines) => {
      if (++pages === 2) queueMicrotask(() => proxy.reset());
      return file.write(lines);
    },
    keep: (upTo) => file.keep(upTo),
    close: () => file.close(),
  };
  const notices: string[] = [];
  await streamChanges({
    ...{ target: { url: Object.assign(url, { hostname: "127.0.0.1", port }).href }, slot: "cut", sink },
    tables: [{ schema: "public", table: "many" }],
    origin: { version: "1", name: "test", database: "test" },
    mask: (_relation, row) => row,
    outboxes: [],
    ...{ takesSnapshot: true, untilIdle: true, heartbeatMs: 1_000, signal: new AbortController().signal },
    onNotice: (line) => void notices.push(line),
  });
  assertEquals(
    (await linesOf(path)).map(({ key }) => key?.id),
    Array.from({ length: 20_000 }, (_, i) => i + 1),
  );
  assertMatch(notices.join(), /trying again/);
  await sql`select pg_drop_replication_slot('cut')`;
  await Promise.all([sql.end(), proxy[Symbol.asyncDispose]()]);
});
