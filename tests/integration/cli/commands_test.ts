/** The commands as people meet them: from `--help` to a case's story. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { commands } from "../../../console/commands/all.ts";
import type { Options } from "../../../console/cli/options.ts";
import { backendOptions } from "../../../console/store/options.ts";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { Program, run, runHere } from "../../support/program.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** The brief's quick-start event, and a citizen who left more than that. */
const BRIEF = { case_id: "123", citizen_bsn: "987654321", debt_amount: 500, debt_type: "parkeerboete" };
const CITIZEN = {
  event_type: "case.intake",
  data: {
    case_id: "zaak 7/2026",
    citizen_bsn: "123456782",
    debt_amount: 1250.5,
    debt_type: "huur",
    profile: { household: "eenouder", contact: { name: "Een Voorbeeld", email: "iemand@example.org" } },
  },
};

/** Every command that runs, with what is typed to have it. */
const typed = commands.flatMap(({ subcommands, ...each }) =>
  subcommands === undefined
    ? [{ words: [each.name], ...each }]
    : subcommands.map((subcommand) => ({ words: [each.name, subcommand.name], ...subcommand }))
);

for (const { words, options, summary } of typed) {
  Deno.test(`${words.join(" ")} --help says what it does and names its options with their environment variables`, async () => {
    const { code, out, err } = await runHere([...words, "--help"]);
    assertEquals([code, err], [0, ""]);
    assertStringIncludes(out, summary);
    const connection: Options = backendOptions;
    for (const [option, { env, help }] of Object.entries(options)) {
      if (connection[option] === options[option]) continue;
      assertStringIncludes(out, `--${option} `);
      assertStringIncludes(out, help);
      // A secret may also come from a file: `[TOKEN or TOKEN_FILE]`.
      if (env !== undefined) assertMatch(out, new RegExp(`\\[${env}(\\]| or )`));
    }
  });
}

Deno.test("the program without a command, and its help, list every command and end well", async () => {
  const [bare, help] = await Promise.all([run([]), run(["--help"])]);
  assertEquals([bare.code, help.code, bare.err, help.err], [0, 0, "", ""]);
  assertEquals(bare.out, help.out);
  const width = Math.max(...commands.map(({ name }) => name.length));
  for (const { name, summary } of commands) {
    assertStringIncludes(bare.out, `  ${name.padEnd(width)}  ${summary}\n`);
  }
});

/** What every summary of a finished run of `count` cases must say. */
function assertProven(out: string, count: number): RunSummary {
  assertEquals(out.trimEnd().split("\n").length, 1, out);
  const summary: RunSummary = JSON.parse(out);
  const { ledger, events, latency_ms: latency } = summary;
  assertEquals([summary.accepted, ledger.accepted, events["case.intake"]], [count, count, count]);
  assertEquals([ledger.balanced, ledger.lost, ledger.duplicated, ledger.reordered], [true, [], [], []]);
  const { completed, in_review, in_progress, parked, dead } = JSON.parse(out).ledger;
  assertEquals(completed + in_review + in_progress + parked + dead, count);
  assertEquals([summary.restarts, summary.dead, events["case.analysis"]], [0, 0, count]);
  assert(summary.settled >= 2 * count && summary.settled_per_second > 0 && summary.seconds > 0);
  assert(
    latency !== null && latency.p50 <= latency.p95 && latency.p95 <= latency.p99 &&
      latency.p99 <= latency.max,
  );
  assert(summary.durability.length > 0 && typeof summary.seed === "string");
  return summary;
}

const TO_THE_END = ["start", "--count", "300", "--until-idle", "--json", "--port", "0"];

Deno.test("start runs cases to the end on the embedded PostgreSQL, and cases finds them there", async () => {
  await using place = await TestDirectory.make();
  const { code, out, err } = await run([...TO_THE_END, "--data-dir", place.dataDir]);
  assertEquals(code, 0, err);
  assertEquals(assertProven(out, 300).backend, "postgres");
  for (const line of err.trimEnd().split("\n")) assert(typeof JSON.parse(line) === "object", line);
  const listing = ["cases", "list", "--data-dir", place.dataDir, "--json", "--limit", "1000"];
  const [one, two] = await Promise.all([run(listing), run(listing)]);
  assertEquals([one.code, two.code, one.err, two.err], [0, 0, "", ""]);
  assertEquals([JSON.parse(one.out).cases.length, JSON.parse(two.out).cases.length], [300, 300]);
});

Deno.test("start runs cases to the end on a server and in memory, and the same seed and --from give the same cases", async () => {
  const seeded = [...TO_THE_END, "--seed", "commands", "--from", "2026-01-01T00:00:00Z"];
  const url = await server.freshDatabase();
  const onServer = await run([...seeded, "--url", url]);
  const inMemory = await run([...seeded, "--backend", "memory"]);
  assertEquals([onServer.code, inMemory.code], [0, 0], onServer.err + inMemory.err);
  const [a, b] = [assertProven(onServer.out, 300), assertProven(inMemory.out, 300)];
  assertEquals([a.backend, b.backend, a.seed, b.seed], ["postgres", "memory", "commands", "commands"]);
  assertEquals(a.events["case.decision"], b.events["case.decision"]);
  const again = await run([...seeded, "--url", url]);
  const { accepted, settled, events, ledger } = JSON.parse(again.out) as RunSummary;
  assertEquals([again.code, accepted, settled, ledger.balanced], [0, 300, 0, true], again.err);
  assertEquals(events, a.events);
});

Deno.test("start says in words what ran, for people, and keeps results and progress apart", async () => {
  const { code, out, err } = await run([
    "start",
    "--backend",
    "memory",
    "--count",
    "50",
    "--until-idle",
    "--port",
    "0",
  ]);
  assertEquals(code, 0, err);
  assertMatch(out, /^[\d,]+ deliveries settled, /);
  assertMatch(out, /Ledger: 50 cases = .* nothing lost, nothing duplicated, nothing out of order\n$/);
  assertMatch(err, /^Zaakstroom runs on memory \(memory\): .+\nSee http:.+health and http:.+metrics\n/);
});

Deno.test("what simulate prints, publish stores: once, however often it is published", async () => {
  const url = await server.freshStore();
  const cases = await run(["simulate", "--backend", "none", "--count", "40", "--seed", "pipe"]);
  const same = await run(["simulate", "--backend", "none", "--count", "40", "--seed", "pipe"]);
  assertEquals([cases.code, cases.err, same.out], [0, "", cases.out]);
  assertEquals(cases.out.trimEnd().split("\n").length, 40);
  const publish = ["publish", "-", "--url", url, "--json", "--strict"];
  const first = await run(publish, { stdin: cases.out });
  assertEquals([first.code, JSON.parse(first.out)], [0, { stored: 40, duplicates: 0 }], first.err);
  const second = await run(publish, { stdin: cases.out });
  assertEquals([second.code, JSON.parse(second.out)], [0, { stored: 0, duplicates: 40 }]);
});

Deno.test("simulate stores so many cases, and the same ones only once", async () => {
  const url = await server.freshStore();
  const simulate = ["simulate", "--count", "120", "--seed", "s", "--url", url, "--json"];
  const [first, second] = [await run(simulate), await run(simulate)];
  assertEquals([first.code, second.code], [0, 0], first.err);
  const { cases, duplicates, seed } = JSON.parse(first.out);
  assertEquals({ cases, duplicates, seed }, { cases: 120, duplicates: 0, seed: "s" });
  assertEquals(JSON.parse(second.out).duplicates, 120);
});

Deno.test("publish takes NDJSON, an array, pretty-printed JSON and the brief's bare event, from a file", async () => {
  const url = await server.freshStore();
  const directory = await Deno.makeTempDir();
  const event = (id: string) => ({ ...CITIZEN, data: { ...CITIZEN.data, case_id: id } });
  const forms: [string, string, number][] = [
    ["ndjson", `${JSON.stringify(event("a"))}\r\n\n${JSON.stringify(event("b"))}\n`, 2],
    ["array", JSON.stringify([event("c"), event("d"), event("e")]), 3],
    ["pretty array", JSON.stringify([event("f"), event("g")], null, 2), 2],
    ["pretty event", JSON.stringify(event("h"), null, 4), 1],
    ["no final line break", JSON.stringify(event("i")), 1],
    ["byte order mark", `\uFEFF${JSON.stringify(event("j"))}\n`, 1],
    ["the brief's event", JSON.stringify(BRIEF), 1],
  ];
  for (const [form, text, count] of forms) {
    const file = join(directory, `${form}.json`);
    await Deno.writeTextFile(file, text);
    const { code, out, err } = await runHere(["publish", file, "--url", url, "--json"]);
    assertEquals([form, code, err], [form, 0, ""]);
    assertEquals(JSON.parse(out), { stored: count, duplicates: 0 }, form);
  }
  await Deno.remove(directory, { recursive: true });
});

Deno.test("cases lists newest first and shows a story without the citizen's number or contact", async () => {
  const url = await server.freshStore();
  const stdin = [BRIEF, CITIZEN].map((event) => JSON.stringify(event)).join("\n");
  await run(["publish", "-", "--url", url], { stdin });
  const ran = await run(["start", "--url", url, "--until-idle", "--json", "--port", "0"]);
  assertEquals(ran.code, 0, ran.err);
  const list = await runHere(["cases", "list", "--url", url, "--json"]);
  const found: { case_id: string; latest: string }[] = JSON.parse(list.out).cases;
  assertEquals(found.map(({ case_id }) => case_id).sort(), ["123", "zaak 7/2026"]);
  const latest = found.find(({ case_id }) => case_id === "123")!.latest;
  const filtered = await runHere(["cases", "list", "--url", url, "--latest", latest]);
  assertMatch(filtered.out, new RegExp(`  ${latest.replace(".", "\\.")} +\\d+  123$`, "m"));
  const [reported, json] = [
    await runHere(["cases", "show", "zaak 7/2026", "--url", url]),
    await runHere(["cases", "show", "zaak 7/2026", "--url", url, "--json"]),
  ];
  assertMatch(
    reported.out,
    /^Case zaak 7\/2026\n.*1\. case\.intake .*\n(?: {4}.*\n)* {4}citizen_bsn: \*{7}82\n {4}debt_amount: 1250\.50\n/,
  );
  assertMatch(reported.out, /2\. case\.analysis .* because of /);
  const intake: WireEvent = JSON.parse(json.out).events[0].event;
  assertEquals([intake.data.debt_amount, intake.data.citizen_bsn], [1250.5, "*******82"]);
  for (const secret of ["123456782", "Een Voorbeeld", "iemand@example.org"]) {
    assert(!`${reported.out}${json.out}${ran.err}`.includes(secret), secret);
  }
  const marked = await runHere(["cases", "show", "123", "--url", url]);
  assertMatch(marked.out, /marks: bsn_fails_eleven_test/);
  const none = await runHere(["cases", "show", "nobody", "--url", url]);
  assertEquals([none.code, none.err, none.out], [7, "There is no case nobody", ""]);
});

Deno.test("a running node shows health and the brief's four metrics, and lets two others list its cases", async () => {
  await using place = await TestDirectory.make();
  const here = ["--data-dir", place.dataDir];
  await using node = Program.start([
    "start",
    "--count",
    "200",
    "--seed",
    "m",
    "--json",
    "--port",
    "0",
    ...here,
  ]);
  const address = await node.serving();
  const health = await (await fetch(`${address}health`)).json();
  assertEquals([health.status, health.backend, health.processors.length], ["ok", "postgres", 4]);
  const listing = ["cases", "list", "--json", "--limit", "5", ...here];
  const lists = await Promise.all([run(listing), run(listing)]);
  assertEquals(lists.map(({ code, err }) => [code, err]), [[0, ""], [0, ""]]);
  const metrics = await settledMetrics(address, 200);
  assertMatch(metrics, /^event_published_total\{backend="postgres",event_type="case\.intake"\} 200$/m);
  assertMatch(
    metrics,
    /^event_processed_total\{backend="postgres",event_type="case\.intake",status="failed"\} 0$/m,
  );
  assertMatch(
    metrics,
    /^event_processing_duration_seconds_bucket\{le="[\d.]+",backend="postgres",event_type="case\.intake"\} /m,
  );
  assertMatch(metrics, /^event_queue_depth\{backend="postgres"\} \d+$/m);
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  const events = err.trimEnd().split("\n").map((line) => JSON.parse(line));
  const stopped = events.find(({ event }) => event === "stopped");
  assertEquals([code, events.filter(({ event }) => event === "stopping").length], [0, 1], err);
  assertEquals([stopped.cases, stopped.settled_all, stopped.dead_letters], [200, true, 0]);
});

/** The metrics, once all intakes are processed and the store, asked once a second, has counted them: asked again until then, for a scrape is all there is to see it by. */
async function settledMetrics(address: string, count: number): Promise<string> {
  const success =
    `event_processed_total{backend="postgres",event_type="case.intake",status="success"} ${count}\n`;
  const published = `event_published_total{backend="postgres",event_type="case.intake"} ${count}\n`;
  for (const until = performance.now() + 120_000;;) {
    const text = await (await fetch(`${address}metrics`)).text();
    if (text.includes(success) && text.includes(published)) return text;
    assert(performance.now() < until, text);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
