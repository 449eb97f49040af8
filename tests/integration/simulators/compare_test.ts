/** The command `compare`: the same work for every backend, measured numbers, and what it refuses. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import type { Comparison } from "../../../simulators/comparison/comparison_report.ts";
import type { RelayedComparison } from "../../../simulators/comparison/relayed.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { assertRefused, run, runHere } from "../../support/program.ts";

const short = ["compare", "--rounds", "1", "--count", "100", "--rate", "20/sec", "--duration", "500ms"];

natsTest(
  "the backends do the same work in turns, and every figure of the table is a measured number",
  async () => {
    await using nats = await startNats();
    const directory = await Deno.makeTempDir();
    try {
      const more = [
        "--nats-url",
        nats.url,
        "--report",
        directory,
        "--json",
        "--seed",
        "test",
        "--workers",
        "1",
      ];
      const { code, out, err } = await run([...short, ...more]);
      assertEquals(code, 0, err);
      const { backends, left_out, seed } = JSON.parse(out) as Comparison & {
        backends: { features: { atomic_settle: boolean } }[];
      };
      assertEquals([backends.map(({ name }) => name), left_out, seed], [
        ["postgres", "nats", "memory"],
        [],
        "test",
      ]);
      for (const { figures, conflicts, name, stored_bytes_per_event: bytes } of backends) {
        const medians = Object.entries(figures).map(([measure, { median }]) => [measure, median] as const);
        assertEquals(medians.length, 9, name);
        for (const [measure, median] of medians) assert(median > 0, `${name}: ${measure}`);
        assertEquals(conflicts.refused, conflicts.tried, name);
        assertEquals(bytes !== null && bytes > 100, name !== "memory", `${name}: ${bytes} bytes`);
      }
      const text = await Deno.readTextFile(join(directory, "comparison.md"));
      assertMatch(text, /\| Throughput: appends\/s \| [\d,]+ \| [\d,]+ \| [\d,]+ \|/);
      const page = await Deno.readTextFile(join(directory, "comparison.html"));
      assert(page.includes("<svg") && !/NaN|undefined|src=/.test(page));
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);

natsTest("intakes that are relayed into another store come to the same decisions there", async () => {
  await using nats = await startNats();
  const args = ["compare", "--relayed", "--count", "100", "--workers", "1", "--seed", "test", "--json"];
  const { code, out, err } = await run([...args, "--nats-url", nats.url]);
  assertEquals(code, 0, err);
  const { intakes, decisions, different } = JSON.parse(out) as RelayedComparison;
  assertEquals([intakes, different], [100, []]);
  assert(decisions > 50, `${decisions} decisions`);
});

const slips: readonly [string, RegExp][] = [
  ["compare now", /^compare takes no arguments: now/],
  ["compare --rounds 0", /^Cannot use --rounds: must be a whole number from 1 to 100/],
  ["compare --count 10", /^Cannot use --count: must be a whole number from 100/],
  ["compare --nats-url postgres://host/db", /^Cannot use --nats-url: must be a URL such as nats:/],
  ["compare --postgres-url nats://host", /^Cannot use --postgres-url: must be a URL such as postgres:/],
  ["compare --relayed --peers", /^Cannot use --relayed with --peers or --report/],
  ["compare --report /dev/null/x", /^Cannot use --report \/dev\/null\/x: /],
];

for (const [line, message] of slips) {
  Deno.test(`"${line}" is refused in one line`, async () => {
    assertRefused(await runHere(line.split(" ")), 2, message);
  });
}

Deno.test("a server that is named and not there ends the comparison before anything is measured", async () => {
  const { code, out, err } = await run([...short, "--nats-url", "nats://127.0.0.1:1"]);
  assertEquals([code, out], [4, ""], err);
});
