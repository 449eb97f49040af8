/** The command `chaos` as its users meet it: what it explains, what it refuses, and a run in memory with its report. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { faults, testbedFaultNames } from "../../../simulators/faults/all.ts";
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import { assertRefused, runHere } from "../../support/program.ts";

const refused: readonly (readonly [args: string[], code: number, message: RegExp])[] = [
  [["network_partition"], 2, /chaos takes no arguments: network_partition/],
  [["--scenario", "nothing"], 2, /--scenario: must be one of all, calm, .* \(see zaakstroom chaos --help\)/],
  [["--backend", "mysql"], 2, /--backend: must be one of postgres, nats, both, memory/],
  [["--duration", "1s"], 2, /--duration: it must be at least 3s/],
  [["--duration", "soon"], 2, /--duration: must be a duration/],
  [["--rate", "fast"], 2, /--rate: must be a rate/],
  [["--parallel", "0"], 2, /--parallel: must be a whole number/],
  [["--url", "nats://127.0.0.1:4222"], 2, /--url: with --backend postgres it begins with postgres:/],
  [["--backend", "both", "--url", "nats://127.0.0.1:4222"], 2, /--url with --backend both/],
  [["--backend", "memory", "--url", "nats://127.0.0.1:4222"], 2, /--url with --backend memory/],
  [["--sed", "7"], 2, /Unknown option --sed: did you mean --seed/],
];

for (const [args, code, message] of refused) {
  Deno.test(`chaos ${args.join(" ")} is refused in a line`, async () => {
    assertRefused(await runHere(["chaos", ...args]), code, message);
  });
}

Deno.test("chaos --list explains every scenario and every fault", async () => {
  const { code, out } = await runHere(["chaos", "--list"]);
  assertEquals(code, 0);
  for (const { name, about } of scenarios) {
    assertMatch(out, new RegExp(`^  ${name} +${about.slice(0, 20)}`, "m"));
  }
  for (const name of testbedFaultNames) assertStringIncludes(out, faults[name].does);
});

Deno.test("every fault has a place in a level of proof, and a scenario plays each of chaos", () => {
  const played = new Set(scenarios.flatMap(({ timeline }) => timeline.map(({ fault }) => fault)));
  for (const [name, fault] of Object.entries(faults)) {
    assert(fault.testbed ?? fault.simulation, name);
  }
  assertEquals(played, new Set(testbedFaultNames));
});

Deno.test("a run in memory passes, prints that as JSON, and writes its report", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const args = ["--backend", "memory", "--scenario", "failing_handler", "--seed", "7", "--duration", "3s"];
    const { code, out, err } = await runHere([
      "chaos",
      ...args,
      "--rate",
      "60/sec",
      "--json",
      "--report",
      directory,
    ]);
    assertEquals(code, 0, err);
    const { passed, seed, runs } = JSON.parse(out);
    assertEquals([passed, seed, runs.length], [true, "7", 1]);
    assertEquals(runs[0].findings.map(({ broken }: { broken: string[] }) => broken.length), Array(9).fill(0));
    const html = await Deno.readTextFile(`${directory}/chaos.html`);
    assertMatch(html, /<strong class="badge passed">[^]*<svg [^]*Deliveries settled/);
    assert(!/https?:\/\/(?!www\.w3\.org)/.test(html), "The page needs nothing from elsewhere");
    const markdown = await Deno.readTextFile(`${directory}/chaos.md`);
    assertStringIncludes(markdown, "--scenario failing_handler --seed 7 --rate 60/sec --duration 3s");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
