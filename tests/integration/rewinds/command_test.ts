/** Rewinding a processor on the command line: what it would come to, doing it, and how far it is. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const CASES = 40;
const REASON = ["--reason", "read all again", "--as", "a.bos"];

async function settledStore(): Promise<string> {
  const url = await server.freshStore();
  const generated = ["simulate", "--backend", "none", "--count", `${CASES}`, "--seed", "9"];
  const { out: lines } = await runHere(generated);
  assertEquals((await run(["publish", "-", "--url", url], { stdin: lines })).code, exitCodes.ok);
  await untilIdle(url);
  return url;
}

async function untilIdle(url: string): Promise<void> {
  const { code, err } = await run(["start", "--url", url, "--until-idle", "--port", "0"]);
  assertEquals(code, exitCodes.ok, err);
}

const readAll = async (url: string) =>
  (await runHere(["events", "read", "--url", url])).out.trim().split("\n");

Deno.test("a processor that is rewound does all again, and nothing is stored twice", async () => {
  const url = await settledStore();
  const rewind = (...args: string[]) => runHere(["processors", "rewind", ...args, "--url", url]);
  const before = await readAll(url);
  const dry = JSON.parse((await rewind("analysis", "--to", "1", "--dry-run", "--json")).out);
  assertEquals([dry.cases, dry.different, dry.fresh, dry.failed, dry.first], [CASES, {}, {}, 0, []]);
  assert(dry.deliveries >= CASES && dry.same >= CASES, JSON.stringify(dry));
  assertMatch((await rewind("analysis")).out, /^analysis was never rewound/);
  const { partitions } = JSON.parse((await rewind("analysis", "--to", "1", "--json", ...REASON)).out);
  assert(partitions > 1);
  const asked = JSON.parse((await rewind("analysis", "--json")).out).partitions;
  assert(asked.length === partitions && asked.every((each: Progress) => each.is_redelivering));
  await untilIdle(url);
  assertEquals(await readAll(url), before);
  const done: Progress[] = JSON.parse((await rewind("analysis", "--json")).out).partitions;
  assert(done.every(({ is_redelivering, differences }) => !is_redelivering && differences === 0));
});

interface Progress {
  readonly is_redelivering: boolean;
  readonly differences: number;
}

/** As if an earlier version had made one plan otherwise, and another one not at all. */
async function makeOlder(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 });
  const plan = (n: number) =>
    sql`select event_id from zaakstroom.events where type = 'case.payment_plan_created' order by position offset ${n} limit 1`;
  await sql`update zaakstroom.events set data = jsonb_set(data::jsonb, '{months}', '99')::json where event_id = (${
    plan(0)
  })`;
  await sql`delete from zaakstroom.events where event_id = (${plan(1)})`;
  await sql.end();
}

Deno.test("a trial tells what would be new or otherwise; the rewind stores the one and counts the other", async () => {
  const url = await settledStore();
  await makeOlder(url);
  const rewind = (...args: string[]) => runHere(["processors", "rewind", "decision", ...args, "--url", url]);
  const before = await readAll(url);
  const from = new Date(0).toISOString();
  const { out } = await rewind("--to", from, "--dry-run");
  assertMatch(out, /otherwise +1 \(case\.payment_plan_created 1\): stays as it is stored/);
  assertMatch(out, /new +1 \(case\.payment_plan_created 1\): would be stored/);
  assertMatch(out, /different at position \d+, case .*\n {2}now {5}\{.*\n {2}stored {2}\{.*"months":99/);
  assertEquals(await readAll(url), before);
  assertEquals((await rewind("--to", from, ...REASON)).code, exitCodes.ok);
  await untilIdle(url);
  const after = await readAll(url);
  assertEquals([after.length, after.slice(0, before.length)], [before.length + 1, before]);
  const done: Progress[] = JSON.parse((await rewind("--json")).out).partitions;
  assertEquals(done.reduce((sum, { differences }) => sum + differences, 0), 1);
});

Deno.test("the commands of docs/how-to/rewind.md run as the page has them", async () => {
  const url = await settledStore();
  const page = await Deno.readTextFile(new URL("../../../docs/how-to/rewind.md", import.meta.url));
  const lines = [...page.matchAll(/^```sh\n([^`]*)```/gm)].flatMap(([, block]) => block!.trim().split("\n"));
  assertEquals(lines.length, 3);
  for (const line of lines) {
    const { code, err } = await runHere([
      ...line.replace("deno task zaakstroom ", "").split(" "),
      "--url",
      url,
    ]);
    assertEquals(code, exitCodes.ok, `${line}: ${err}`);
  }
});

Deno.test("a rewind of what is not there, without a reason or to no time is refused in one line", async () => {
  const url = await server.freshStore();
  const slips: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["nobody", "--to", "1", ...REASON], exitCodes.notFound, /^No processor of this name has worked/],
    [["nobody", "--to", "1", "--dry-run"], exitCodes.notFound, /^This program has no processor/],
    [["decision", "--to", "1"], exitCodes.usage, /^processors rewind needs --reason/],
    [["decision", "--to", "yesterday"], exitCodes.usage, /must be a position such as 1200, or a time/],
    [["decision", "--dry-run"], exitCodes.usage, /^processors rewind --dry-run needs --to/],
    [["--to", "1"], exitCodes.usage, /^processors rewind takes one NAME/],
  ];
  for (const [args, code, message] of slips) {
    assertRefused(await runHere(["processors", "rewind", ...args, "--url", url]), code, message);
  }
});
