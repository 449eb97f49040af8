/** A log of an older backup beside tables that are younger: said in one line, and the list of cases is made anew. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

async function publish(url: string, ...cases: string[]): Promise<void> {
  const stdin = cases.map((case_id) => JSON.stringify({ case_id, ...INTAKE })).join("\n");
  const { code, err } = await run(["publish", "-", "--url", url], { stdin });
  assertEquals(code, 0, err);
}

async function listed(url: string): Promise<string[]> {
  const { code, out, err } = await runHere(["cases", "list", "--json", "--url", url]);
  assertEquals(code, 0, err);
  return JSON.parse(out).cases.map(({ case_id }: { case_id: string }) => case_id).sort();
}

/** The log as a backup had it that was made before this case was known. */
const withoutCase = (caseId: string) => `delete from zaakstroom.events where case_id = '${caseId}'`;

Deno.test("a log that is older than what mailboxes have settled is refused in one line, by every command", async () => {
  const url = await server.freshStore();
  await publish(url, "before", "lost");
  const settled = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals(settled.code, 0, settled.err);
  await server.administer("select setval('zaakstroom.events_position_seq', 1)", url);
  const older = /^The log ends at position 1, and mailboxes have settled up to \d+: .*from one backup$/;
  for (const args of [["start", "--port", "0"], ["cases", "list"], ["dlq", "list"]]) {
    assertRefused(await run([...args, "--url", url]), exitCodes.unusable, older);
  }
});

Deno.test("a list of cases that is ahead of its log is made anew", async () => {
  const url = await server.freshStore();
  await publish(url, "before");
  await publish(url, "lost");
  assertEquals(await listed(url), ["before", "lost"]);
  await server.administer(withoutCase("lost"), url);
  assertEquals(await listed(url), ["before"]);
  await publish(url, "after");
  assertEquals(await listed(url), ["after", "before"]);
  assertMatch((await runHere(["cases", "show", "lost", "--url", url])).err, /There is no case lost/);
});
