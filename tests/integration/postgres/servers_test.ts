/** Servers that refuse, and servers that go away in the middle of work. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import { tableChanges } from "../../../schema/postgres/sql_files.ts";
import { LoopbackProxy } from "../../support/servers/loopback_proxy.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { brokenRules } from "../../support/store_check.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** Enough that the server goes away while they are worked on. */
const CASES = 3_000;

/** Everybody's password in these tests. No output may have it. */
const SECRET = "geheim-8f2c";

const list = (url: string) => runHere(["cases", "list", "--url", url]);
const setup = (url: string) => runHere(["setup", "--url", url]);
const doctor = (url: string) => runHere(["doctor", "--url", url]);

function as(user: string, database: string): string {
  return `postgres://${user}:${SECRET}@127.0.0.1:${server.port}/${database}`;
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** Runs statements as the owner of everything. */
async function administer(url: string, statements: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(statements).finally(() => sql.end());
}

async function assertReported(url: string, code: number, reported: RegExp, ask = list): Promise<void> {
  const ended = await ask(url);
  assertRefused(ended, code, reported);
  assert(!ended.err.includes(SECRET), ended.err);
}

Deno.test("a server that is not there is told with its address, and without the password", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  const url = `postgres://me:${SECRET}@127.0.0.1:${port}/db`;
  const reported = new RegExp(`^PostgreSQL is away .*127\\.0\\.0\\.1:${port}/db`);
  for (const ask of [list, setup, doctor]) await assertReported(url, exitCodes.unavailable, reported, ask);
  await assertReported(
    `postgres://me:${SECRET}@no-such-host.invalid/db`,
    exitCodes.unavailable,
    /no-such-host\.invalid:5432\/db/,
  );
});

Deno.test("a role, a database, a setting that does not exist: each is told with what to do", async () => {
  await assertReported(as("nobody", "postgres"), exitCodes.unusable, /28000.*check the user in the URL/);
  await assertReported(
    as("postgres", "nowhere"),
    exitCodes.unusable,
    /3D000.*create the database, or name another/,
  );
  await assertReported(
    `${as("postgres", "postgres")}?sunshine=on`,
    exitCodes.unusable,
    /take the setting .* out of the URL/,
  );
});

Deno.test("a database that takes no connections is told", async () => {
  const url = await server.freshDatabase();
  await administer(server.url, `alter database ${nameOf(url)} allow_connections false`);
  await assertReported(url, exitCodes.unusable, /55000.*let the database take connections/);
});

Deno.test("a limit of a role, a database or the server is told in one line, with what to do", async () => {
  const url = await server.freshStore();
  await administer(server.url, "create role limited login connection limit 0");
  const full =
    /^PostgreSQL has no connection left \(53300\): raise its max_connections or the limit of the role/;
  await assertReported(as("limited", nameOf(url)), exitCodes.unusable, full);
  await administer(server.url, "alter role limited connection limit -1");
  await administer(server.url, `alter database "${nameOf(url)}" connection limit 0`);
  await assertReported(as("limited", nameOf(url)), exitCodes.unusable, full);
});

Deno.test("whatever a server answers because of how it is set up is one line, and no bug", async () => {
  const url = await server.freshStore();
  await administer(url, "drop table zaakstroom.projection_builds cascade");
  await assertReported(url, exitCodes.unusable, /^PostgreSQL refuses \(42P01\): its log says what and why$/);
  await administer(url, "alter table zaakstroom.events rename to elsewhere");
  const shown = await runHere(["cases", "show", "x", "--url", url]);
  assertRefused(shown, exitCodes.unusable, /^PostgreSQL refuses \(42\w+\): its log says what and why$/);
});

Deno.test("a database that is not encoded in UTF8 is refused, before anything is made in it", async () => {
  await administer(server.url, "create database latin encoding 'LATIN1' locale 'C' template template0");
  const url = server.url.replace(/\/[^/]*$/, "/latin");
  await assertReported(url, exitCodes.unusable, /encoded in LATIN1: create one in UTF8/);
  const sql = postgres(url, { max: 1 });
  const made = await sql`select from pg_namespace where nspname = 'zaakstroom'`.finally(() => sql.end());
  assertEquals(made.length, 0);
});

Deno.test("a wrong password is refused without repeating it", async () => {
  const rules = join(server.dataDir, "pg_hba.conf");
  const before = await Deno.readTextFile(rules);
  await administer(server.url, `create role guarded login password 'another'; select pg_reload_conf()`);
  await Deno.writeTextFile(rules, `host all guarded 127.0.0.1/32 scram-sha-256\n${before}`);
  await administer(server.url, "select pg_reload_conf()");
  await assertReported(
    as("guarded", "postgres"),
    exitCodes.unusable,
    /28P01 invalid password.*check the user and the password/,
  );
});

Deno.test("a password is taken from the password file, and the whole URL from a file", async () => {
  const url = await server.freshStore();
  const rules = join(server.dataDir, "pg_hba.conf");
  await administer(server.url, `create role filed superuser login password '${SECRET}'`);
  await Deno.writeTextFile(
    rules,
    `host all filed 127.0.0.1/32 scram-sha-256\n${await Deno.readTextFile(rules)}`,
  );
  await administer(server.url, "select pg_reload_conf()");
  const file = await Deno.makeTempFile();
  await Deno.chmod(file, 0o600);
  const listWith = (env: Record<string, string>, ...args: string[]) =>
    run(["cases", "list", ...args], { env });
  const bare = as("filed", nameOf(url)).replace(`:${SECRET}`, "");
  await Deno.writeTextFile(file, `127.0.0.1:${server.port}:*:filed:${SECRET}\n`);
  assertEquals(await listWith({ PGPASSFILE: file }, "--url", bare), { code: 0, out: "No cases\n", err: "" });
  assertEquals((await listWith({}, "--url", `${bare}?passfile=${file}`)).code, 0);
  await Deno.chmod(file, 0o644);
  assertRefused(
    await listWith({ PGPASSFILE: file }, "--url", bare),
    exitCodes.unusable,
    /password file \(mode 0600/,
  );
  await Deno.writeTextFile(file, `${as("filed", nameOf(url))}\n`);
  assertEquals((await listWith({ DATABASE_URL_FILE: file })).code, 0);
  await Deno.remove(file);
});

Deno.test("a role without rights is told which it lacks: to make the schema, and to use it", async () => {
  const url = await server.freshDatabase();
  await administer(server.url, "create role weak login");
  await assertReported(
    as("weak", nameOf(url)),
    exitCodes.unusable,
    /42501.*grant the role its rights/,
    setup,
  );
  assertEquals((await setup(url)).code, 0);
  await assertReported(
    as("weak", nameOf(url)),
    exitCodes.unusable,
    /42501 insufficient privilege for schema zaakstroom\): grant the role its rights/,
  );
});

Deno.test("other partitions than the store has are refused by every command, in one line", async () => {
  const url = await server.freshStore(4);
  const refused =
    /^The store has 4 partitions, for its whole life, and --partitions asks for 8: leave it out$/;
  for (const command of [["setup"], ["cases", "list"]]) {
    const asked = [...command, "--url", url, "--partitions"];
    assertRefused(await runHere([...asked, "8"]), exitCodes.unusable, refused);
    assertEquals((await runHere([...asked, "4"])).code, 0);
  }
});

Deno.test("a schema newer than the program is refused", async () => {
  const url = await server.freshStore();
  await administer(url, "insert into zaakstroom.table_changes values (999, 'of the future', 999)");
  const reported = new RegExp(
    `^The database is at version 999, this program knows ${tableChanges.length}: use a newer zaakstroom$`,
  );
  await assertReported(url, exitCodes.unusable, reported);
  await assertReported(url, exitCodes.unusable, reported, setup);
});

Deno.test("a server that says it is older than PostgreSQL 15 is refused", async () => {
  const url = await server.freshDatabase();
  // What is asked for its version is found before PostgreSQL's own.
  await administer(
    url,
    `create schema old;
     create function old.current_setting(text) returns text language sql as
       $$select case $1 when 'server_version_num' then '140023' else pg_catalog.current_setting($1) end$$;
     alter database "${nameOf(url)}" set search_path = old, pg_catalog`,
  );
  await assertReported(url, exitCodes.unusable, /^PostgreSQL 14 is too old: use PostgreSQL 15 or newer$/);
});

Deno.test("start refuses a store with a kind of event it has no path from, and names it", async () => {
  const url = await server.freshStore();
  await administer(
    url,
    "insert into zaakstroom.event_kinds values ('case.intake', 9), ('case.forgotten', 1)",
  );
  const ended = await run(["start", "--url", url, "--port", "0"]);
  assertRefused(
    ended,
    exitCodes.unusable,
    /\(case\.forgotten version 1, case\.intake version 9\): use a newer zaakstroom$/,
  );
});

Deno.test("a port that is taken is told before any work is taken up", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const url = await server.freshDatabase();
  const ended = await run(["start", "--url", url, "--port", `${port}`]);
  assertRefused(
    ended,
    exitCodes.inUse,
    new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken: choose another with --port$`),
  );
});

/** A node that feeds and works until idle, and what it says of the run. */
function work(url: string, count: number, ...more: string[]): Program {
  const feed = ["--count", `${count}`, "--seed", "away", "--until-idle", "--json", "--port", "0"];
  return Program.start(["start", "--url", url, ...feed, ...more]);
}

/** Resolves when the store holds at least so many events. */
async function grown(url: string, least: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    for (const end = performance.now() + 120_000; performance.now() < end;) {
      const [row] = await sql`select count(*)::int as n from zaakstroom.events`.catch(() => [{ n: 0 }]);
      if (row!.n >= least) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`The store never held ${least} events`);
  } finally {
    await sql.end();
  }
}

/** What a node logs of an outage: a server that refuses it is away, one that swallows its questions gives no answer. */
const OUTAGE = /PostgreSQL (is away|gave no answer)/i;

async function assertUnharmed(node: Program, url: string, count: number): Promise<void> {
  const { code, out, err } = await node.ended();
  assertEquals(code, 0, err);
  const { ledger, accepted, retried, dead, parked, restarts }: RunSummary = JSON.parse(out);
  assertEquals([ledger.balanced, ledger.accepted, accepted], [true, count, count]);
  assertEquals({ retried, dead, parked, restarts }, { retried: 0, dead: 0, parked: 0, restarts: 0 });
  assertEquals(await brokenRules(url), []);
  assertMatch(err, OUTAGE);
  assert(!err.includes("    at "), err);
}

Deno.test("a restart of the server is waited out: no attempt is burned, and nothing is lost", async () => {
  await using own = await startPostgres();
  const url = await own.freshDatabase();
  await using node = work(url, CASES);
  await grown(url, CASES + 500);
  await own.stopFast();
  await node.err.waitForLine(/away/i);
  await own.start();
  await assertUnharmed(node, url, CASES);
});

Deno.test("kill -9 of the postmaster in the middle of work is waited out just so", async () => {
  await using own = await startPostgres();
  const url = await own.freshDatabase();
  await using node = work(url, CASES);
  await grown(url, CASES + 500);
  await own.kill9();
  await node.err.waitForLine(/away/i);
  await own.start();
  await assertUnharmed(node, url, CASES);
});

Deno.test("a black hole between node and server is noticed, and left as soon as the way is free", async () => {
  const url = await server.freshDatabase();
  await using proxy = new LoopbackProxy(server.port);
  const through = url.replace(`:${server.port}/`, `:${proxy.port}/`);
  await using node = work(through, CASES);
  await grown(url, CASES + 500);
  proxy.swallow();
  await node.err.waitForLine(OUTAGE);
  proxy.forward();
  await assertUnharmed(node, url, CASES);
});
