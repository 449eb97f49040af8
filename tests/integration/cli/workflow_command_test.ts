/** Workflows on the command line: their charts, and a real history. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { anEvent } from "../../support/events.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

Deno.test("workflows are listed, drawn and found sound, and a slip is a line", async () => {
  assertMatch((await runHere(["workflow", "list"])).out, /follow_up +1 +14/);
  assertStringIncludes((await runHere(["workflow", "chart", "follow_up"])).out, "  new --> received: intake");
  assertMatch((await runHere(["workflow", "check", "follow_up"])).out, /follow_up 1 is sound: 14 states/);
  assertRefused(await runHere(["workflow", "check"]), exitCodes.usage, /takes one NAME/);
  assertRefused(await runHere(["workflow", "chart", "x"]), exitCodes.notFound, /there are follow_up/);
  const elsewhere = await runHere(["workflow", "check", "follow_up", "--against", "mysql://here"]);
  assertRefused(elsewhere, exitCodes.usage, /^--against takes a server/);
});

Deno.test("a workflow is checked against a real history, and what is not as it would come again is counted", async () => {
  const url = await server.freshStore();
  await run(["start", "--url", url, "--count", "40", "--until-idle", "--port", "0"]);
  const check = () => runHere(["workflow", "check", "follow_up", "--against", url, "--json"]);
  const { code, out } = await check();
  const { cases, deliveries, differing } = JSON.parse(out);
  assertEquals([code, cases, deliveries >= 40, differing], [exitCodes.ok, 40, true, 0], out);

  const backend = await openPostgres({ url });
  await backend.append([anEvent("unhandled", 1, "case.withdrawn")], "any");
  await backend.close();
  const unhandled = await check();
  assertEquals(unhandled.code, exitCodes.failed);
  assertEquals(JSON.parse(unhandled.out).differences, [
    {
      case_id: "unhandled",
      version: 1,
      event_type: "case.withdrawn",
      now: "case.completed",
      stored: "nothing",
    },
  ]);
});
