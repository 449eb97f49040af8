/** Servers that take no writes any more, as after a switchover, and locks that others hold for a moment. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import { setUpPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { BackendUnavailable, caseIntake, PostgresEventPublisher } from "../../../backends/publishers.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { brokenRules } from "../../support/store_check.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const nameOf = (url: string): string => new URL(url).pathname.slice(1);
const intake = (case_id: string) =>
  caseIntake({ case_id, citizen_bsn: "123456782", debt_amount: 1_000, debt_type: "huur" });

/** What a switchover looks like to those who are connected: their server takes no writes, and a new connection does. */
async function demote(own: TestPostgres): Promise<void> {
  await own.administer("alter system set default_transaction_read_only = on");
  await own.administer("select pg_reload_conf()");
}

/** From now on new connections to the database lead to a server that takes writes; those that are there stay where they are. */
async function promote(own: TestPostgres, url: string): Promise<void> {
  await own.administer(
    `begin read write; alter database "${nameOf(url)}" set default_transaction_read_only = off; commit`,
  );
}

Deno.test("after a switchover a node leaves the read-only server, and goes on at its successor", async () => {
  await using own = await startPostgres({ fsync: false });
  const url = await own.freshDatabase();
  // Enough that the switchover comes while it is worked on.
  const work = [
    "--count",
    "5000",
    "--seed",
    "away",
    "--from",
    "2026-01-01T00:00:00Z",
    "--until-idle",
    "--json",
    "--port",
    "0",
  ];
  await using node = Program.start(["start", "--url", url, ...work]);
  await node.err.waitForLine(/"started"/);
  await demote(own);
  await node.err.waitForLine(/is a read-only server \(25006\)/);
  await promote(own, url);
  const { code, out, err } = await node.ended();
  assertEquals(code, 0, err);
  assertEquals(JSON.parse(out).ledger.balanced, true);
  assert(!/is away/.test(err), err);
  assertEquals(await brokenRules(url), []);
});

Deno.test("after a switchover a publisher leaves the read-only server, which it names until then", async () => {
  await using own = await startPostgres({ fsync: false });
  const url = await own.freshStore();
  const publisher = new PostgresEventPublisher(url);
  await publisher.publish(intake("before"));
  await demote(own);
  const error = await assertRejects(() => publisher.publish(intake("between")), BackendUnavailable);
  assertMatch(error.message, /read-only server/);
  await promote(own, url);
  assertEquals((await publisher.publish(intake("after"))).stored, 1);
  await publisher.close();
});

Deno.test("of several servers one that takes no writes is left for the next, without a word of it in the URL", async () => {
  await using standby = await startPostgres({ fsync: false });
  const [url, name] = [await server.freshDatabase(), nameOf(await standby.freshStore())];
  await server.administer(`alter database "${nameOf(url)}" rename to "${name}_of_both"`);
  await standby.administer(`alter database "${name}" rename to "${name}_of_both"`);
  const own = url.replace(nameOf(url), `${name}_of_both`);
  await setUpPostgres({ url: own });
  await demote(standby);
  const both = own.replace("127.0.0.1:", `127.0.0.1:${standby.port},127.0.0.1:`);
  const publisher = new PostgresEventPublisher(both);
  assertEquals((await publisher.publish(intake("there"))).stored, 1);
  await publisher.close();
});

Deno.test("a read-only server can be read, and says what it is to what would write", async () => {
  await using standby = await startPostgres({ fsync: false });
  const url = await standby.freshStore();
  await demote(standby);
  for (const command of [["cases", "list"], ["cases", "review"], ["dlq", "list"], ["inbox", "list"]]) {
    assertEquals((await runHere([...command, "--url", url])).code, 0, command.join(" "));
  }
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(intake("x")));
  const published = await runHere(["publish", file, "--url", url]);
  await Deno.remove(file);
  assertEquals([published.code, published.out], [exitCodes.unusable, ""]);
  assertMatch(published.err, /^PostgreSQL is a read-only server \(25006\)/);
});

Deno.test("a node does not start on a server that takes no writes, and says so in one line", async () => {
  await using standby = await startPostgres({ fsync: false });
  const url = await standby.freshStore();
  await demote(standby);
  const ended = await run(["start", "--url", url, "--port", "0"]);
  assertRefused(ended, exitCodes.unusable, /^PostgreSQL is a read-only server \(25006\): name the one that/);
});

Deno.test("a lock that is given back in time is waited out by the command that meets it", async () => {
  const url = await server.freshStore();
  await server.administer(`alter database "${nameOf(url)}" set lock_timeout = '20ms'`);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const held = Promise.withResolvers<void>();
  const client = new PostgresClient({ url }, { connections: 1 });
  let tries = 0;
  await sql.begin(async (tx) => {
    await tx`lock table zaakstroom.timers in access exclusive mode`;
    const asked = client.run((sql) => {
      if (++tries === 2) held.resolve();
      return sql`select count(*) from zaakstroom.timers`;
    });
    await held.promise;
    return { asked };
  }).then(({ asked }) => asked);
  assert(tries >= 2);
  await client.close();
  await sql.end();
});
