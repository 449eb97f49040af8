/** `setup`: idempotent on both kinds of store, and nobody's stream is changed behind their back. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { NATS_ANSWER, startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, runHere } from "../../support/program.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const setup = (url: string, ...args: string[]) =>
  runHere(["setup", "--backend", "nats", "--url", url, ...args]);

/** Asks the server itself. */
async function api(url: string, subject: string, body: unknown = {}) {
  const connection = await connect({ servers: url });
  const answer = await connection.request(`$JS.API.${subject}`, JSON.stringify(body), NATS_ANSWER);
  await connection.close();
  return answer.json<{ config: Record<string, unknown> & { num_replicas: number } }>();
}

natsTest("setup makes the streams once, and a second time finds them as wanted", async () => {
  await using own = await startNats();
  const first = await setup(own.url, "--partitions", "4");
  assertEquals(first.code, 0, first.err);
  assertMatch(first.out, /^Created the stream CASES_log$/m);
  assertMatch(first.out, /^The store is as wanted: 4 partitions, 1 replica$/m);
  const second = await setup(own.url, "--json");
  const { created, drift, partitions } = JSON.parse(second.out);
  assertEquals([second.code, created, drift, partitions], [0, [], [], 4]);
});

natsTest("other partitions than the store has are refused by every command, in one line", async () => {
  await using own = await startNats();
  assertEquals((await setup(own.url, "--partitions", "4")).code, 0);
  const refused =
    /^The store has 4 partitions, for its whole life, and --partitions asks for 8: leave it out$/;
  assertRefused(await setup(own.url, "--partitions", "8"), exitCodes.unusable, refused);
  const list = ["cases", "list", "--backend", "nats", "--url", own.url, "--partitions"];
  assertRefused(await runHere([...list, "8"]), exitCodes.unusable, refused);
  assertEquals((await runHere([...list, "4"])).code, 0);
});

natsTest("setup shows drift as a diff, and changes it only on --apply", async () => {
  await setup(server.url);
  const { config } = await api(server.url, "STREAM.INFO.CASES_log");
  await api(server.url, "STREAM.UPDATE.CASES_log", {
    ...config,
    description: "theirs",
    max_age: 3_600_000_000_000,
  });
  const seen = await setup(server.url);
  assertEquals(seen.code, exitCodes.failed, seen.err);
  assertMatch(
    seen.out,
    /CASES_log differs.*\n {2}- max_age: 3600000000000\n {2}\+ max_age: 0\nNothing was changed/,
  );
  assertEquals((await api(server.url, "STREAM.INFO.CASES_log")).config.max_age, 3_600_000_000_000);
  assertEquals((await setup(server.url, "--apply")).code, 0);
  const after = (await api(server.url, "STREAM.INFO.CASES_log")).config;
  assertEquals([after.max_age, after.description], [0, "theirs"]);
  assertEquals((await setup(server.url)).code, 0);
});

natsTest(
  "a stream that lost allow_atomic is refused, and mended by setup --apply",
  async () => {
    await setup(server.url);
    const { config } = await api(server.url, "STREAM.INFO.CASES_log");
    await api(server.url, "STREAM.UPDATE.CASES_log", { ...config, allow_atomic: false });
    const refused = await runHere(["cases", "list", "--backend", "nats", "--url", server.url]);
    assertRefused(refused, exitCodes.unusable, /lacks allow_atomic \(.*see setup --apply$/);
    assertEquals((await setup(server.url, "--apply")).code, 0);
    assertEquals((await runHere(["cases", "list", "--backend", "nats", "--url", server.url])).code, 0);
  },
);

natsTest("more replicas than servers are refused in a line, and nothing changes", async () => {
  await setup(server.url);
  const seen = await setup(server.url, "--replicas", "3");
  assertEquals(seen.code, exitCodes.failed);
  assertMatch(seen.out, /- num_replicas: 1\n {2}\+ num_replicas: 3/);
  assertRefused(
    await setup(server.url, "--replicas", "3", "--apply"),
    exitCodes.unusable,
    /^NATS refuses .*replicas/,
  );
  assertEquals((await api(server.url, "STREAM.INFO.CASES_log")).config.num_replicas, 1);
});

Deno.test("setup says of a server that is away what its dial failed at, and not that a deadline has passed", async () => {
  const refused = await runHere(["setup", "--url", "postgres://postgres@127.0.0.1:1/postgres"]);
  assertRefused(refused, exitCodes.unavailable, /ECONNREFUSED/);
});

Deno.test("setup makes the schema of a database once, and says so", async () => {
  await using postgres = await startPostgres();
  const url = await postgres.freshDatabase();
  const first = await runHere(["setup", "--url", url]);
  assertMatch(first.out, /^Made the schema, version \d+$/);
  assertMatch((await runHere(["setup", "--url", url])).out, /^The schema is up to date, version \d+$/);
  const second = await runHere(["setup", "--url", url, "--json"]);
  const { from, to, functions_replaced } = JSON.parse(second.out);
  assert(from === to && from > 0 && !functions_replaced);
  assertRefused(await runHere(["setup", "--url", url, "--apply"]), exitCodes.usage, /^Cannot use --apply/);
});
