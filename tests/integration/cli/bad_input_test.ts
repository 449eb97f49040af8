/** Bad input of every kind: one clear line, the documented exit code, and nothing half done. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { assertRefused, Program, type ProgramResult, run, runHere } from "../../support/program.ts";

let server: TestPostgres;
let directory: string;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
  directory = await Deno.makeTempDir();
});
Deno.test.afterAll(async () => {
  await Deno.remove(directory, { recursive: true });
  await server[Symbol.asyncDispose]();
});

/** What people type wrong, and what they are told. */
const slips: readonly [string, RegExp][] = [
  ["strat", /^Unknown command strat: did you mean start\?/],
  ["--verison", /^Unknown command --verison/],
  ["start --wrokers 2", /^Unknown option --wrokers: did you mean --workers\?/],
  ["start --count 0", /^Cannot use --count: must be a whole number from 1 to /],
  ["cases show -x", /^Unknown option -x; write -- before an argument that begins with a dash/],
  ["start --count -5", /^Cannot use --count|^Unknown option -5/],
  ["start --count 1.5", /^Cannot use --count: must be a whole number/],
  ["start --count 1e3", /^Cannot use --count: must be a whole number/],
  ["start --count 0x10", /^Cannot use --count: must be a whole number/],
  ["start --count many", /^Cannot use --count: must be a whole number/],
  ["start --count", /^Cannot use --count: must be a whole number/],
  ["start --count=", /^Cannot use --count: must be a whole number/],
  ["start --workers 0", /^Cannot use --workers: must be a whole number from 1 to 64/],
  ["start --simulate 100", /^Cannot use --simulate: must be a rate such as 100\/sec/],
  ["start --simulate 100/week", /^Cannot use --simulate: must be a rate/],
  ["start --simulate 0/sec", /^Cannot use --simulate: must be a rate/],
  ["start --lease 5", /^Cannot use --lease: must be a duration such as/],
  ["start --stop-within 5 sec", /^Cannot use --stop-within: must be a duration|takes no arguments/],
  ["start --port 99999", /^Cannot use --port: must be a whole number from 0 to 65,535/],
  ["start --backend mysql", /^Cannot use --backend: must be one of postgres, nats, memory/],
  ["start --scenario sunny", /^Cannot use --scenario: must be one of /],
  ["start --seed x", /^Cannot use --seed alone/],
  ["start --policy /no/such/file", /^Cannot read the policy \/no\/such\/file: NotFound/],
  ["start --data-dir", /^Cannot use --data-dir: must not be empty/],
  ["start --url mysql://host/db", /^Cannot use --url: must be a URL such as postgres:/],
  ["start --url postgres://u:50%off@host/db", /^Cannot use --url: .*write a % in it as %25/],
  ["start --backend memory --until-idle now", /^start takes no arguments: now/],
  ["start --backend memory --pooler", /^Cannot use --pooler with --backend memory: it belongs to postgres/],
  ["setup --replicas 3", /^Cannot use --replicas with --backend postgres: it belongs to nats/],
  ["cases list --tls-key key.pem", /^Cannot use --tls-key with --backend postgres/],
  ["cases list --tls-ca ca.pem", /^Cannot use --tls-ca without --url/],
  [
    "cases list --url postgres://h/db?sslmode=banana",
    /^Cannot use --url: must have one of disable, .* as sslmode/,
  ],
  ["simulate --backend none --data-dir here", /^Cannot use --data-dir with --backend none/],
  ["simulate --backend none --output csv", /^Cannot use --output csv with --backend none/],
  ["simulate --backend none --rate 5/sec", /^Cannot use --rate or --duration with --backend none/],
  ["simulate --duration 1 week", /^Cannot use --duration: must be a duration|takes no arguments/],
  ["simulate --report", /^Cannot use --report without --backend none/],
  ["simulate more", /^simulate takes no arguments: more/],
  ["publish", /^publish takes one FILE, or - for standard input/],
  ["publish one two", /^publish takes one FILE/],
  ["publish /no/such/file", /^Cannot read \/no\/such\/file: there is no such file/],
  ["publish /", /^Cannot read \/: it is a directory/],
  ["publish - --batch 0", /^Cannot use --batch: must be a whole number/],
  ["cases", /^cases takes one of list, show, review, propose, approve, decide/],
  ["cases show", /^cases show takes one ID/],
  ["cases list all", /^cases list takes no arguments: all/],
  ["cases list --backend memory", /^Cannot use --backend memory here/],
  ["dlq burn", /^dlq takes one of list, show, redrive, discard/],
  ["dlq show", /^dlq show takes a POSITION/],
  ["dlq show seven", /^Cannot use seven: a POSITION is a whole number/],
  ["dlq show 99999999999999999999", /^Cannot use 99999999999999999999: a POSITION is a whole number/],
  ["dlq discard 1 --reason x --as system", /^Cannot use --as: must be the name of somebody/],
  ["inbox discard 1 --reason x --as Anyone", /^Cannot use --as: must be the name of somebody/],
  [
    "cases decide 1 --decision collect --reason x --as system",
    /^Cannot use --as: must be the name of somebody/,
  ],
  ["dlq discard --reason x --as me", /^dlq discard takes a POSITION/],
  ["dlq redrive 7", /^dlq redrive needs --reason/],
];

for (const [line, expected] of slips) {
  Deno.test(`"${line}" is refused in one line`, async () => {
    const args = line.split(" ");
    const ended = await runHere([
      ...args,
      ...(args[0] === "publish" && args.length > 1 ? ["--dry-run"] : []),
    ]);
    assertRefused(ended, exitCodes.usage, expected);
    assertMatch(ended.err, /\(see zaakstroom.* --help\)$/);
  });
}

/** The message of the one error that was printed as JSON, of this code. */
function errorOf(err: string, expected: string): string {
  const { code, message } = JSON.parse(err).error;
  assertEquals(code, expected);
  return message;
}

/** An event that is right, as a line. */
function line(caseId: string, more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    case_id: caseId,
    citizen_bsn: "123456782",
    debt_amount: 10,
    debt_type: "huur",
    ...more,
  });
}

/** Publishes these bytes, validating only. */
async function validate(content: string | Uint8Array, ...options: string[]): Promise<ProgramResult> {
  const file = join(directory, `${crypto.randomUUID()}.ndjson`);
  await Deno.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return await runHere(["publish", file, "--dry-run", ...options]);
}

const nested = "[".repeat(100_000) + "]".repeat(100_000);

const badLines: readonly [string, string | Uint8Array, RegExp][] = [
  ["a line that is no JSON", `${line("a")}\n${line("b")}\n{oops}\n`, /^line 3: not a JSON value$/m],
  ["a line that is cut off", `${line("a")}\n${line("b").slice(0, 30)}`, /^line 2: not a JSON value$/m],
  ["a JSON value that is no event", `${line("a")}\n42\n`, /^line 2: an event must be a JSON object$/m],
  [
    "an unknown event type",
    `{"event_type":"case.moved","data":{}}`,
    /^line 1: event_type: must be one of case\.intake/m,
  ],
  [
    "an unknown field of the envelope",
    `{"event_type":"case.withdrawn","dta":{},"data":{"case_id":"a"}}`,
    /dta/,
  ],
  [
    "an amount with three decimals",
    line("a", { debt_amount: 0.001 }),
    /line 1: data\.debt_amount: an amount has at most two/,
  ],
  ["a negative amount", line("a", { debt_amount: -1 }), /^line 1: data\.debt_amount: /m],
  [
    "a BSN of eight digits",
    line("a", { citizen_bsn: "12345678" }),
    /^line 1: data\.citizen_bsn: a citizen_bsn has nine/m,
  ],
  ["a case id with a tab", line("a\tb"), /^line 1: .*no control characters/m],
  ["an empty case id", line(""), /^line 1: .*case_id/m],
  ["text that PostgreSQL cannot store", line("a", { note: "a\0b" }), /^line 1: .*NUL or half a surrogate/m],
  ["half a surrogate pair", `${line("a").slice(0, -1)},"note":"\\ud800"}`, /^line 1: .*half a surrogate/m],
  [
    "a thousand levels of nesting",
    line("a").replace("10", `10,"x":${nested}`),
    /^line 1: .*nested|^line 1: not a JSON/m,
  ],
  [
    "a year before ours",
    line("a").replace(
      /^.*$/,
      (data) => `{"event_type":"case.intake","timestamp":"0000-01-01T00:00:00Z","data":${data}}`,
    ),
    /timestamp/,
  ],
  [
    "Latin-1",
    Uint8Array.from([...line("a", { note: "caf\u00e9" })].map((c) => c.charCodeAt(0))),
    /^line 1: not UTF-8 text$/m,
  ],
  [
    "a line of ten million characters",
    line("a", { note: "x".repeat(10_000_000) }),
    /^line 1: longer than 1,000,000/m,
  ],
  ["an array that is not closed", `[\n${line("a")},\n`, /^line 1: not a JSON value$/m],
];

for (const [what, content, expected] of badLines) {
  Deno.test(`publish names the line of ${what}`, async () => {
    const ended = await validate(content);
    assertEquals([ended.code, ended.out], [exitCodes.input, ""], ended.err);
    assertMatch(ended.err, /^Nothing of this batch is stored, 1 event is not valid:\n/);
    assertMatch(ended.err, expected);
    assert(ended.err.length < 700 && !ended.err.includes("    at "), ended.err);
  });
}

Deno.test("publish names every bad line of a batch, up to twenty, and says how many more there are", async () => {
  const { code, err } = await validate("nonsense\n".repeat(50));
  assertEquals(code, exitCodes.input);
  assertEquals(err.split("\n").length, 1 + 20 + 1);
  assertMatch(
    err,
    /^Nothing of this batch is stored, 50 events are not valid:\nline 1: [^]*\n… and 30 more$/,
  );
});

Deno.test("binary garbage is refused without repeating any of it", async () => {
  const garbage = crypto.getRandomValues(new Uint8Array(60_000));
  const { code, err } = await validate(garbage);
  assertEquals(code, exitCodes.input);
  for (const reported of err.split("\n").slice(1, -1)) {
    assertMatch(reported, /^line \d+: not (a JSON value|UTF-8 text)$/);
  }
});

Deno.test("an empty file and one of blank lines hold no events, and that is no error", async () => {
  for (const content of ["", "\n \n\r\n"]) {
    const { code, out, err } = await validate(content, "--json");
    assertEquals([code, out, err], [0, '{"valid":0}', ""]);
  }
});

Deno.test("a BSN that fails the eleven-test is marked, and refused with its line under --strict", async () => {
  const text = `${line("a")}\n${line("b", { citizen_bsn: "123456789" })}\n`;
  assertEquals((await validate(text)).code, 0);
  const strict = await validate(text, "--strict");
  assertEquals(strict.code, exitCodes.input);
  assertMatch(strict.err, /^line 2: data\.citizen_bsn: fails the eleven-test$/m);
  assert(!strict.err.includes("123456789"));
});

Deno.test("a batch with a bad line is not stored, the ones before it are, and it says so", async () => {
  const url = await server.freshStore();
  const stdin = [line("a"), line("b"), line("c"), "{}", line("e")].join("\n");
  const { code, out, err } = await run(["publish", "-", "--batch", "2", "--url", url, "--json"], { stdin });
  assertEquals([code, JSON.parse(out)], [exitCodes.input, { stored: 2, duplicates: 0 }]);
  assertMatch(errorOf(err, "input"), /^Nothing of this batch is stored, 1 event is not valid:\nline 4: /);
  const sql = postgres(url, { max: 1 });
  assertEquals([...await sql`select case_id from zaakstroom.events order by 1`], [{ case_id: "a" }, {
    case_id: "b",
  }]);
  await sql.end();
});

Deno.test("an event id that is stored with other content is refused and named", async () => {
  const url = await server.freshStore();
  const event_id = crypto.randomUUID();
  const event = (amount: number) =>
    JSON.stringify({
      event_id,
      event_type: "case.intake",
      data: JSON.parse(line("a", { debt_amount: amount })),
    });
  const publish = ["publish", "-", "--url", url];
  assertEquals((await run(publish, { stdin: event(1) })).code, 0);
  const second = await run(publish, { stdin: `${line("fresh")}\n${event(2)}` });
  assertRefused(
    second,
    exitCodes.input,
    new RegExp(`^Event id ${event_id} is stored already, with other content$`),
  );
  assertEquals((await runHere(["cases", "show", "fresh", "--url", url])).code, exitCodes.notFound);
});

Deno.test("case ids and positions are taken as they are written, not as numbers", async () => {
  const url = await server.freshStore();
  assertEquals(
    (await run(["publish", "-", "--url", url], { stdin: `${line("007")}\n${line("1e3")}` })).code,
    0,
  );
  for (const caseId of ["007", "1e3"]) {
    const { code, out } = await runHere(["cases", "show", caseId, "--url", url]);
    assertEquals([code, out.split("\n")[0]], [0, `Case ${caseId}`]);
  }
  assertEquals((await runHere(["cases", "show", "7", "--url", url])).code, exitCodes.notFound);
});

Deno.test("a flag comes before the environment, and the environment before the default", async () => {
  const count = async (env: Record<string, string>, ...flags: string[]) => {
    const { code, out, err } = await run(["cases", "list", "--json", ...flags], { env });
    return code === 0 ? JSON.parse(out).cases.length : errorOf(err, "usage");
  };
  const [full, empty] = [await server.freshStore(), await server.freshStore()];
  await run(["publish", "-", "--url", full], { stdin: line("a") });
  assertEquals(await count({ DATABASE_URL: full }), 1);
  assertEquals(await count({ DATABASE_URL: full }, "--url", empty), 0);
  assertMatch(await count({ DATABASE_URL: "geheim" }), /^Cannot use DATABASE_URL: must be a URL such as/);
  assertMatch(
    await count({ ZAAKSTROOM_PARTITIONS: "x", DATABASE_URL: full }),
    /^Cannot use ZAAKSTROOM_PARTITIONS: must be/,
  );
  assertEquals(await count({ ZAAKSTROOM_PARTITIONS: "", DATABASE_URL: full }), 1);
});

Deno.test("a reader that leaves early (| head) ends the printing without a word", async () => {
  await using simulate = Program.start(["simulate", "--backend", "none", "--count", "1000000"], {
    leavesEarly: true,
  });
  const { code, err } = await simulate.ended();
  assertEquals([code, err], [0, ""]);
});
