/** Dead letters in the hands of a person: seen, tried again, given up, and never more than was asked for. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, type ProgramResult, run, runHere } from "../../support/program.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const ASSESSMENT = {
  risk_score: 75,
  success_probability: 0.65,
  recommended_action: "payment_plan",
  estimated_savings: 5200,
  analysis_confidence: 0.92,
};

/** An analysis of a case nobody has taken in: it can't be decided. */
const orphan = (case_id: string) => ({ event_type: "case.analysis", data: { case_id, ...ASSESSMENT } });

async function settleAll(url: string): Promise<void> {
  const { code, err } = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals(code, 0, err);
}

/** A store with a dead letter for each of these cases, and one delivery held behind each. */
async function withDeadLetters(...cases: string[]): Promise<string> {
  const url = await server.freshStore();
  const events = [...cases, ...cases].map((caseId) => JSON.stringify(orphan(caseId)));
  const { code, err } = await run(["publish", "-", "--url", url], { stdin: events.join("\n") });
  assertEquals(code, 0, err);
  await settleAll(url);
  return url;
}

const dlq = (url: string, ...args: string[]): Promise<ProgramResult> =>
  runHere(["dlq", ...args, "--url", url]);
const BY = ["--as", "Caseworker 7", "--reason", "looked at it"];

/** The dead letters, as programs see them. */
async function letters(url: string) {
  const { code, out } = await dlq(url, "list", "--json");
  assertEquals(code, 0);
  return JSON.parse(out) as {
    total: number;
    dead_letters: { case_id: string; held: number; position: number }[];
  };
}

Deno.test("a dry run shows what redriving would come to, and stores nothing", async () => {
  const url = await withDeadLetters("case-a");
  const { code, out } = await dlq(url, "redrive", "--dry-run", "--show-outputs", "--json", ...BY);
  assertEquals(code, 0);
  const { outputs: [again] } = JSON.parse(out);
  assertEquals([again.case_id, again.events], ["case-a", []]);
  assertMatch(again.failure, /^\w+: /);
  const { code: refused } = await dlq(url, "list", "--show-outputs");
  assertEquals(refused, exitCodes.usage);
  assertEquals((await letters(url)).total, 1);
});

Deno.test("a redrive at a rate says how long it takes, and touches each", async () => {
  const url = await withDeadLetters("case-a", "case-b", "case-c");
  const { code, out } = await dlq(url, "redrive", "--rate", "20/sec", ...BY);
  assertEquals(code, 0);
  assertMatch(
    out,
    /^Will redrive 3 dead letters of 3 cases, with 3 deliveries held behind them, in about 1 s\nDone: 3$/,
  );
  assertEquals((await letters(url)).total, 0);
});

Deno.test("an empty list is told as such, and there is nothing to act on", async () => {
  const url = await server.freshStore();
  assertEquals((await dlq(url, "list")).out, "No dead letters");
  for (const args of [["show", "1"], ["redrive", ...BY], ["discard", "1", ...BY]]) {
    assertRefused(
      await dlq(url, ...args),
      exitCodes.notFound,
      /^There is no such dead letter: see dlq list$/,
    );
  }
});

Deno.test("list names case, processor, error and what is held; show has the evidence of every attempt", async () => {
  const url = await withDeadLetters("orphan one");
  const listed = await dlq(url, "list");
  const [header, row] = listed.out.split("\n");
  assertMatch(header!, /^POSITION {2}SINCE +PROCESSOR {2}EVENT TYPE +ERROR {3}ATTEMPTS {2}HELD {2}CASE ID$/);
  assertMatch(row!, /^ *\d+ {2}\S+ {2}analysis +case\.analysis +Reject +1 +1 {2}orphan one$/);
  const position = row!.trim().split(" ")[0]!;
  const shown = await dlq(url, "show", position);
  assertMatch(
    shown.out,
    /attempt 1 at \S+: Reject: An analysis without an intake before it can't be decided/,
  );
  assertMatch(shown.out, /"recommended_action":"payment_plan"/);
  const other = await dlq(url, "list", "--processor", "intake");
  assertEquals(other.out, "No dead letters");
});

Deno.test("evidence masks the citizen's number wherever it stands", async () => {
  const url = await server.freshStore();
  const event = {
    ...orphan("x"),
    data: { ...orphan("x").data, note: "asked about 123456782", citizen_bsn: "123456782" },
  };
  await run(["publish", "-", "--url", url], { stdin: JSON.stringify(event) });
  await settleAll(url);
  const { dead_letters: [letter] } = await letters(url);
  const [text, json] = [
    await dlq(url, "show", `${letter!.position}`),
    await dlq(url, "show", `${letter!.position}`, "--json"),
  ];
  assertEquals([text.code, json.code], [0, 0]);
  assert(!text.out.includes("123456782"), text.out);
  assert(!json.out.includes("123456782"), json.out);
});

Deno.test("a dry run says what would be done, and does nothing", async () => {
  const url = await withDeadLetters("a", "b");
  const dry = await dlq(url, "redrive", "--dry-run", ...BY);
  assertEquals([dry.code, dry.out], [
    0,
    "Would redrive 2 dead letters of 2 cases, with 2 deliveries held behind them",
  ]);
  const json = await dlq(url, "discard", "--case", "a", "--dry-run", "--json", ...BY);
  assertEquals(JSON.parse(json.out), { would: "discard", count: 1, held: 1 });
  assertEquals((await letters(url)).total, 2);
});

Deno.test("redrive touches at most --limit, tries them again, and is written into the story of the case", async () => {
  const url = await withDeadLetters("a", "b", "c");
  const capped = await dlq(url, "redrive", "--limit", "2", "--json", ...BY);
  assertEquals(JSON.parse(capped.out), { did: "redrive", count: 2, held: 2 });
  assertEquals((await letters(url)).total, 1);
  await settleAll(url);
  const after = await letters(url);
  assertEquals([after.total, after.dead_letters.map(({ held }) => held)], [3, [1, 1, 1]]);
  const [first] = after.dead_letters;
  const history = await runHere(["cases", "show", first!.case_id, "--url", url]);
  assertMatch(history.out, /redrive at analysis by Caseworker 7 \(account [^)]+\): looked at it/);
});

Deno.test("a redriven delivery whose cause was mended goes through, and what was held goes on in order", async () => {
  const url = await server.freshStore();
  const intake = { case_id: "mended", citizen_bsn: "123456782", debt_amount: 10, debt_type: "huur" };
  await run(["publish", "-", "--url", url], { stdin: JSON.stringify(intake) });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`update zaakstroom.events set data = (data::jsonb - 'debt_amount')::json`;
  await settleAll(url);
  assertEquals((await letters(url)).total, 1);
  await sql`update zaakstroom.events set data = (data::jsonb || '{"debt_amount": 10}')::json`;
  assertEquals((await dlq(url, "redrive", "--case", "mended", ...BY)).code, 0);
  await settleAll(url);
  assertEquals((await letters(url)).total, 0);
  const types =
    await sql`select type from zaakstroom.events where case_id = 'mended' order by position limit 2`;
  assertEquals(types.map(({ type }) => type), ["case.intake", "case.analysis"]);
  await sql.end();
});

Deno.test("discard gives one up for good: the held one is tried next, and the evidence moves into the trail", async () => {
  const url = await withDeadLetters("a");
  const { dead_letters: [letter] } = await letters(url);
  const { code, out } = await dlq(url, "discard", `${letter!.position}`, ...BY);
  assertEquals([code, out.split("\n").at(-1)], [0, "Done: 1"]);
  await settleAll(url);
  const { dead_letters: [next] } = await letters(url);
  assert(next!.position > letter!.position);
  assertEquals(next!.held, 0);
  const { acts } = JSON.parse((await runHere(["cases", "show", "a", "--json", "--url", url])).out);
  const discarded = acts.find(({ act }: { act: string }) => act === "discard");
  assertEquals([discarded.by, discarded.why, discarded.processor], [
    "Caseworker 7 (account postgres)",
    "looked at it",
    "analysis",
  ]);
  const sql = postgres(url, { max: 1 });
  const [kept] = await sql`select details from zaakstroom.event_log where act = 'discard'`;
  assertEquals(kept!.details.failures.length, 1);
  await sql.end();
});

Deno.test("no command prints what could repaint a terminal, whatever a case calls itself", async () => {
  const hostile = "\u202e.abc\u2028\u2066";
  const url = await withDeadLetters(hostile);
  const commands = [
    ["cases", "list"],
    ["cases", "show", hostile],
    ["dlq", "list"],
    ["dlq", "show", "1"],
    ["dlq", "redrive", "1", "--dry-run", "--show-outputs", ...BY],
    ["dlq", "discard", "1", "--as", "j\x1b[31m\nroot", "--reason", "\u202e"],
    ["cases", "show", hostile],
    ["cases", "show", `${hostile}?`],
  ];
  for (const command of commands) {
    for (const format of command[1] === "discard" ? ["table"] : ["table", "json", "ndjson", "csv"]) {
      const { out, err } = await runHere([...command, "--output", format, "--url", url]);
      const printed = `${out}\n${err}`.replaceAll(/\r?\n/g, "");
      assert(printed !== "" && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(printed), `${command} as ${format}`);
    }
  }
});
