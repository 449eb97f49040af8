import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import postgres from "postgres";
import {
  type EmbeddedPostgres,
  openEmbedded,
  serverProcessId,
} from "../../../backends/postgres/embedded/embedded.ts";
import { EmbeddedError } from "../../../backends/local_server/errors.ts";
import {
  canMount,
  Disk,
  findUnfinished,
  ForeignProcess,
  isAlive,
  sessionOf,
  TestDirectory,
  UserProcess,
  waitUntil,
  waitUntilGone,
} from "../../support/servers/embedded_processes.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const isRoot = Deno.uid() === 0;
const isLinux = Deno.build.os === "linux";

Deno.test("the first opening makes the database, the next one starts it with what it held", async () => {
  await using place = await TestDirectory.make();
  const first = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  assertEquals(first.opened, "initialised");
  await query(first, (sql) => sql`create table kept as select 42 as answer`);
  await first.close();
  const second = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  assertEquals(second.opened, "started");
  assertEquals(await query(second, (sql) => sql`select answer from kept`), [{ answer: 42 }]);
  await second.close();
});

Deno.test("the server keeps its promises and listens on no port", async () => {
  await using place = await TestDirectory.make();
  const database = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  const settings = await query(database, (sql) =>
    sql`select name, setting from pg_settings where name in
      ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'listen_addresses', 'TimeZone')`);
  assertEquals(Object.fromEntries(settings.map((row) => [row.name, row.setting])), {
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    data_checksums: "on",
    listen_addresses: "",
    TimeZone: "UTC",
  });
  assertEquals((await Deno.stat(database.connection.host)).mode! & 0o777, 0o700);
  await database.close();
});

Deno.test("a second process joins, and the last one out stops the server", async () => {
  await using place = await TestDirectory.make();
  const mine = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  await using other = await UserProcess.opened(place.dataDir, "client");
  assertEquals(other.report.opened, "joined");
  const pid = await serverProcessId(place.dataDir);
  await mine.close();
  assert(await isAlive(pid!), "the server must stay while somebody uses it");
  await other.finish();
  await waitUntilGone(pid!);
  assertEquals(await serverProcessId(place.dataDir), undefined);
});

Deno.test("two processes that open an empty directory at once share one database", async () => {
  await using place = await TestDirectory.make();
  await using users = new AsyncDisposableStack();
  const both = await Promise.all(["node", "client"].map((role) => UserProcess.opened(place.dataDir, role)));
  for (const user of both) users.use(user);
  assertEquals(both.map((user) => user.report.opened).sort(), ["initialised", "joined"]);
  await Promise.all(both.map((user) => user.finish()));
});

Deno.test("a user killed with kill -9 leaves the server running, and the next one adopts it", async () => {
  await using place = await TestDirectory.make();
  await using doomed = await UserProcess.opened(place.dataDir, "node");
  const pid = await serverProcessId(place.dataDir);
  await doomed.kill9();
  assert(await isAlive(pid!), "the server must outlive its users");
  const next = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  assertEquals(next.opened, "adopted");
  assertEquals(await serverProcessId(place.dataDir), pid);
  await next.close();
  await waitUntilGone(pid!);
});

Deno.test("a second node is refused at once, naming the directory and the process of the first", async () => {
  await using place = await TestDirectory.make();
  const first = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  const error = await refused(place.dataDir, "in_use");
  assertStringIncludes(error.message, place.dataDir);
  assertStringIncludes(error.message, `process ${Deno.pid}`);
  await first.close();
});

Deno.test("a database that was half made when its maker was killed is made again", async () => {
  await using place = await TestDirectory.make();
  await using maker = UserProcess.spawn(place.dataDir, "node");
  await waitUntil(async () =>
    (await findUnfinished(place.dataDir)).some((name) => name.startsWith("cluster"))
  );
  await maker.kill9();
  const next = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  assertEquals(next.opened, "initialised");
  assertEquals(await query(next, (sql) => sql`select 1 as one`), [{ one: 1 }]);
  await next.close();
});

Deno.test("a killed server is started again once, whoever asks, on the same socket", async () => {
  await using place = await TestDirectory.make();
  const one = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  const two = await openEmbedded({ dataDir: place.dataDir, role: "client" });
  await query(one, (sql) => sql`create table kept as select 42 as answer`);
  const pid = await serverProcessId(place.dataDir);
  Deno.kill(pid!, "SIGKILL");
  await waitUntilGone(pid!);
  const found = await Promise.all([one.revive(), two.revive()]);
  assertEquals(found.sort(), ["running", "started"]);
  assertEquals(await query(two, (sql) => sql`select answer from kept`), [{ answer: 42 }]);
  await Promise.all([one.close(), two.close()]);
});

Deno.test({
  name: "the process id of a killed server, used again by another process, does not prevent a start",
  ignore: !isLinux,
  async fn() {
    await using place = await TestDirectory.make();
    const first = await openEmbedded({ dataDir: place.dataDir, role: "node" });
    const pid = await serverProcessId(place.dataDir);
    Deno.kill(pid!, "SIGKILL");
    await waitUntilGone(pid!);
    await using stranger = await ForeignProcess.likeOwnerOf(join(place.dataDir, "cluster"));
    const file = join(place.dataDir, "cluster/postmaster.pid");
    await Deno.writeTextFile(file, (await Deno.readTextFile(file)).replace(/^\d+/, `${stranger.pid}`));
    assertEquals(await first.revive(), "started");
    await first.close();
    assert(await isAlive(stranger.pid), "a stranger must not be touched");
  },
});

Deno.test({
  name: "the server is in a session of its own, without our environment and our locks",
  ignore: !isLinux,
  async fn() {
    await using place = await TestDirectory.make();
    const database = await openEmbedded({ dataDir: place.dataDir, role: "node" });
    const pid = await serverProcessId(place.dataDir);
    const [server, ours] = await Promise.all([sessionOf(pid!), sessionOf(Deno.pid)]);
    assert(server.session !== ours.session && server.group !== ours.group, "Ctrl-C must not reach it");
    const environment = (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0").map((pair) =>
      pair.split("=")[0]
    );
    assertEquals(environment.filter((name) => name === "PATH" || name === "HOME"), []);
    for await (const entry of Deno.readDir(`/proc/${pid}/fd`)) {
      assert(
        !(await Deno.readLink(`/proc/${pid}/fd/${entry.name}`)).endsWith(".lock"),
        "a lock was inherited",
      );
    }
    await database.close();
  },
});

Deno.test("closing twice does nothing more, and nothing is revived after it", async () => {
  await using place = await TestDirectory.make();
  const database = await openEmbedded({ dataDir: place.dataDir, role: "client" });
  await Promise.all([database.close(), database.close()]);
  await assertRejects(() => database.revive(), EmbeddedError, "closed");
});

Deno.test("a data directory too deep for a socket's path gets its socket elsewhere", async () => {
  await using place = await TestDirectory.make("deep".repeat(30));
  const first = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  const second = await openEmbedded({ dataDir: place.dataDir, role: "client" });
  assertMatch(first.connection.host, /^\/tmp\/zaakstroom-[0-9a-f]{16}$/);
  assertEquals(second.connection, first.connection);
  assertEquals(await query(second, (sql) => sql`select 1 as one`), [{ one: 1 }]);
  await first.close();
  await second.close();
  await assertRejects(() => Deno.stat(first.connection.host), Deno.errors.NotFound);
});

Deno.test("a socket's directory laid in the shared place by somebody else is refused", {
  ignore: !isRoot,
}, async () => {
  await using place = await TestDirectory.make("deep".repeat(30));
  const first = await openEmbedded({ dataDir: place.dataDir, role: "node" });
  await first.close();
  await Deno.mkdir(first.connection.host);
  try {
    await Deno.chown(first.connection.host, 54321, 54321);
    assertStringIncludes(
      (await refused(place.dataDir, "unreachable_directory")).message,
      first.connection.host,
    );
  } finally {
    await Deno.remove(first.connection.host);
  }
});

Deno.test("a file where the data directory should be gives one clear line", async () => {
  await using place = await TestDirectory.make();
  await Deno.writeTextFile(place.dataDir, "");
  assertStringIncludes((await refused(place.dataDir, "failed")).message, `${place.dataDir} is a file`);
  const under = join(place.dataDir, "below");
  assertStringIncludes((await refused(under, "failed")).message, "lies under one");
});

Deno.test("data of another major version gives one clear line", async () => {
  await using place = await TestDirectory.make();
  await Deno.mkdir(join(place.dataDir, "cluster"), { recursive: true });
  await Deno.writeTextFile(join(place.dataDir, "cluster/PG_VERSION"), "17\n");
  assertMatch((await refused(place.dataDir, "failed")).message, /PostgreSQL 17 .* brings 18: upgrade it/);
});

Deno.test("a directory that is no cluster is never written over", async () => {
  await using place = await TestDirectory.make();
  await Deno.mkdir(join(place.dataDir, "cluster"), { recursive: true });
  await Deno.writeTextFile(join(place.dataDir, "cluster/precious"), "");
  assertStringIncludes((await refused(place.dataDir, "failed")).message, "not a PostgreSQL cluster");
  assertEquals((await Deno.stat(join(place.dataDir, "cluster/precious"))).size, 0);
});

Deno.test("a server that cannot start gives the reason from its log", async () => {
  await using place = await TestDirectory.make();
  await (await openEmbedded({ dataDir: place.dataDir, role: "node" })).close();
  await Deno.remove(join(place.dataDir, "cluster/global/pg_control"));
  const error = await refused(place.dataDir, "failed");
  assertMatch(error.message, /while starting the server in .*: could not (find|open).*/);
});

Deno.test("a directory the server's user cannot reach is named", { ignore: !isRoot }, async () => {
  await using place = await TestDirectory.make("closed/data");
  const closed = join(place.dataDir, "..");
  await Deno.mkdir(closed, { mode: 0o700 });
  const error = await refused(place.dataDir, "unreachable_directory");
  assertStringIncludes(error.message, `through ${closed}: allow it with chmod o+x`);
});

const mountable = isRoot && isLinux && await canMount();

for (const [what, size] of [["unpacking PostgreSQL", "20m"], ["initialising the database", "80m"]] as const) {
  Deno.test(`a disk that is full while ${what} gives one clear line`, { ignore: !mountable }, async () => {
    await using place = await TestDirectory.make();
    await using _disk = await Disk.mount(place.dataDir, `size=${size},mode=0711`);
    const error = await refused(place.dataDir, "no_space");
    assertStringIncludes(error.message, `No disk space left while ${what} in ${place.dataDir}`);
    assertEquals(await findUnfinished(place.dataDir), []);
  });
}

Deno.test("a read-only directory gives one clear line", { ignore: !mountable }, async () => {
  await using place = await TestDirectory.make();
  await using _disk = await Disk.mount(place.dataDir, "ro,mode=0711");
  const error = await refused(place.dataDir, "not_permitted");
  assertStringIncludes(error.message, place.dataDir);
});

Deno.test("a test's server gives fresh databases and keeps its rows over kill -9", async () => {
  await using server = await startPostgres();
  const [one, two] = [await server.freshDatabase(), await server.freshDatabase()];
  await queryUrl(one, (sql) => sql`create table kept as select 42 as answer`);
  assertEquals(await queryUrl(two, (sql) => sql`select to_regclass('kept')::text as kept`), [{ kept: null }]);
  await server.kill9();
  await server.start();
  assertEquals(await queryUrl(one, (sql) => sql`select answer from kept`), [{ answer: 42 }]);
  await server.stopFast();
  await server.start();
  assertEquals(await queryUrl(server.url, (sql) => sql`show fsync`), [{ fsync: "on" }]);
});

type Query = (sql: postgres.Sql) => Promise<postgres.RowList<postgres.Row[]>>;

async function query(database: EmbeddedPostgres, ask: Query): Promise<postgres.Row[]> {
  return await askAndEnd(postgres({ ...database.connection, max: 1 }), ask);
}

async function queryUrl(url: string, ask: Query): Promise<postgres.Row[]> {
  return await askAndEnd(postgres(url, { max: 1 }), ask);
}

async function askAndEnd(sql: postgres.Sql, ask: Query): Promise<postgres.Row[]> {
  try {
    return [...await ask(sql)];
  } finally {
    await sql.end();
  }
}

async function refused(dataDir: string, kind: EmbeddedError["kind"]): Promise<EmbeddedError> {
  const error = await assertRejects(() => openEmbedded({ dataDir, role: "node" }), EmbeddedError);
  assertEquals((error as EmbeddedError).kind, kind, (error as Error).message);
  assert(!(error as Error).message.includes("\n"), "the message must be one line");
  return error as EmbeddedError;
}
