/** `what-if` as people use it: on a store, with files, stopped and taken up again. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { recordedEvents } from "../../support/what_if/recorded_history.ts";
import { storeHistory } from "../../support/what_if/store_history.ts";

let server: TestPostgres;
let url: string;
let place: TestDirectory;
let stored = 0;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  place = await TestDirectory.make();
  url = await server.freshStore();
  const events = recordedEvents({ seed: "what-if command", count: 400, lived: true });
  await storeHistory(url, events);
  stored = events.length;
});
Deno.test.afterAll(async () => {
  await place[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const whatIf = (
  ...more: string[]
) => ["what-if", "--url", url, "--state", join(place.dataDir, "state"), ...more];

async function file(name: string, value: unknown): Promise<string> {
  await Deno.mkdir(place.dataDir, { recursive: true });
  const path = join(place.dataDir, name);
  await Deno.writeTextFile(path, typeof value === "string" ? value : JSON.stringify(value));
  return path;
}

Deno.test("what-if without a candidate finds no difference, on a server", async () => {
  for (const mode of [[], ["--whole"]]) {
    const { code, out, err } = await runHere(whatIf("--json", ...mode));
    assertEquals(code, 0, err);
    const { differences, wording_only, cases, events, complete } = JSON.parse(out);
    assertEquals([differences, wording_only, cases, complete], [0, 0, 400, true]);
    assert(events > 400 && events <= stored);
  }
});

Deno.test("what-if --policy reports what differs, as text, JSON, Markdown and a page", async () => {
  const policy = await file("policy.json", { version: "2027", capacity_share: 0.5, missed_max: 1 });
  const report = join(place.dataDir, "report");
  const text = await runHere(whatIf("--policy", policy, "--whole", "--report", report));
  assertEquals(text.code, 0, text.err);
  assertMatch(text.out, /^[\d,]+ differences at [\d,]+ decision points: \d+ of 400 cases/);
  assertMatch(text.out, /Changed: capacity_share 1 → 0\.5; missed_max 2 → 1\./);
  assertMatch(text.out, /Simulated, \d+ cases from their first difference on:/);
  const result = JSON.parse(await Deno.readTextFile(join(report, "what-if.json")));
  assertEquals(Object.keys(result)[0], "differences");
  assertEquals(result.simulated.cases, result.differing_cases);
  assertEquals(result.examples.length, 10);
  assertMatch(await Deno.readTextFile(join(report, "what-if.md")), /## By debt type/);
  assertMatch(await Deno.readTextFile(join(report, "what-if.html")), /<h1>What if<\/h1>/);
});

Deno.test("what-if of a sample compares the same part of the cases at every run", async () => {
  const runs = await Promise.all([1, 2].map(() => runHere(whatIf("--sample", "25%", "--json"))));
  const [one, two] = runs.map(({ out }) => JSON.parse(out));
  assertEquals(one, two);
  assert(one.cases > 50 && one.cases < 150, `${one.cases}`);
});

Deno.test("what rules export writes is the current version, and a changed file of it is a candidate", async () => {
  const directory = join(place.dataDir, "rules");
  assertEquals((await runHere(["rules", "export", directory])).code, 0);
  const same = JSON.parse((await runHere(whatIf("--rules", directory, "--json"))).out);
  assertEquals([same.differences, same.wording_only, same.changes], [0, 0, []]);
  const figures = JSON.parse(await Deno.readTextFile(join(directory, "figures.json")));
  figures.ordinary_months = [{ from: "1900-01-01", value: 12 }];
  await Deno.writeTextFile(join(directory, "figures.json"), JSON.stringify(figures));
  const other = JSON.parse((await runHere(whatIf("--rules", directory, "--json"))).out);
  assertEquals(other.changes, ["figure ordinary_months"]);
  assert(other.differences > 0);
  assertRefused(await runHere(["rules", "export", directory]), 2, /there is such a file already/);
});

Deno.test("what-if refuses in one line what it can't try", async () => {
  const refusals: [string[], number, RegExp][] = [
    [["--sample", "10"], 2, /^Cannot use --sample: must be a share such as 10%/],
    [["--policy", "/nonexistent"], 2, /^Cannot read the file of --policy \/nonexistent: NotFound/],
    [["--policy", await file("broken.json", "{")], 3, /broken\.json: it is not JSON/],
    [["--policy", await file("negative.json", { forgive_max: -1 })], 3, /forgive_max: must be euros from 0/],
    [["--model", await file("model.json", {})], 3, /model\.json: it is no model/],
    [["--rules", "/nonexistent"], 2, /^Cannot read the directory of --rules/],
    [["--from", "yesterday"], 2, /^Cannot use --from: must be a time/],
  ];
  for (const [words, code, message] of refusals) {
    assertRefused(await runHere(whatIf(...words)), code, message);
  }
});

Deno.test("a candidate that fails on a case ends with 1 and says where", async () => {
  const directory = join(place.dataDir, "failing");
  await runHere(["rules", "export", directory]);
  const path = join(directory, "decision.json");
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replaceAll("{claim}", "{nonsense}"));
  const { code, out } = await runHere(whatIf("--rules", directory));
  assertEquals(code, 1);
  assertMatch(out, /Failed: analysis at position \d+, case [\w-]+: RangeError: Cannot fill in \{nonsense\}/);
});

Deno.test("what-if that is stopped by Ctrl-C goes on by the same command, to the same figures", async () => {
  const policy = await file("resumed.json", { capacity_share: 0.6 });
  const command = whatIf("--policy", policy, "--json", "--workers", "1");
  await using stopped = Program.start(command);
  await stopped.err.waitForLine(/^Tries capacity_share/);
  stopped.signal("SIGINT");
  const first = await stopped.ended();
  assertEquals([first.code, JSON.parse(first.out).complete], [130, false], first.err);
  const { code, out, err } = await run(command);
  assertEquals(code, 0, err);
  assertMatch(err, /Goes on after position \d+/);
  const whole = await run([...command, "--state", join(place.dataDir, "other")]);
  assertEquals(JSON.parse(out), JSON.parse(whole.out));
});
