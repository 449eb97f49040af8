/** `status`: a store on one screen, once and again, without a node. */
import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

Deno.test("status tells of a store what its processors did, without a node, and goes on until it is stopped", async () => {
  const url = await server.freshStore();
  const made = await run([...["start", "--url", url, "--count", "5"], "--until-idle", "--port", "0"]);
  assertEquals(made.code, exitCodes.ok, made.err);
  const { code, out } = await runHere(["status", "--url", url, "--json"]);
  const { backend, status, processors, nodes, unowned } = JSON.parse(out);
  const names = processors.map(({ name }: { name: string }) => name);
  assertEquals([code, backend, status], [exitCodes.ok, "postgres", "ok"]);
  assertEquals(names, ["intake", "analysis", "decision", "follow_up"]);
  // The node has given its leases back: nobody works.
  assertEquals([nodes, unowned], [[], processors.length * 16]);
  await using program = Program.start(["status", "--url", url, "--watch"]);
  await program.out.waitForLine(/^Timers: /);
  program.signal("SIGINT");
  const seen = await program.ended();
  assertEquals([seen.code, seen.err], [exitCodes.ok, ""]);
  assertMatch(seen.out, /^postgres: nothing waits\nDurability: an acknowledged event is .*\n\nNAME /);
});

Deno.test("status of a server that does not answer is refused in one line", async () => {
  const seen = await runHere(["status", "--url", "postgres://nobody@127.0.0.1:1/none"]);
  assertRefused(seen, exitCodes.unavailable, /127\.0\.0\.1:1/);
});
