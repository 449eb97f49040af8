/** The command `load`: what it measures, what it writes, what it refuses. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import type { LoadFigures } from "../../../simulators/load/load_figures.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";

const memory = ["load", "--backend", "memory", "--workers", "1"];

Deno.test("a load run tells latencies, throughput and use, and writes a report that needs nothing else", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { code, out, err } = await run(
      [
        ...memory,
        "--rate",
        "50/sec",
        "--duration",
        "2s",
        "--warm-up",
        "500ms",
        "--json",
        "--report",
        directory,
      ],
    );
    const figures: LoadFigures = JSON.parse(out);
    assertEquals(code, figures.verdict.limit === "none" ? 0 : 1, err);
    assertConsistent(figures);
    const files = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
    assertEquals(files, [
      ...["cpu.svg", "index.html", "lag.svg", "latency.svg", "load.html", "load.md", "memory.svg"],
      ...["percentiles.svg", "throughput.svg"],
    ]);
    const page = await Deno.readTextFile(join(directory, "load.html"));
    assertMatch(page, /^<!doctype html>[^]*<svg[^]*Latency by percentile/);
    assert(!/NaN|undefined|src=|https?:\/\/(?!www\.w3\.org)/.test(page));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** What was offered was taken and settled, each arrival after the warm-up has its latency, and parts fit the whole. */
function assertConsistent(run: LoadFigures): void {
  const {
    offered,
    appended,
    append_ms,
    settle_ms,
    end_to_end_ms,
    decided,
    errors,
    processes,
  } = run;
  assertEquals([run.backend, run.arrivals, run.warm_up_seconds, run.rate_per_second], [
    "memory",
    "poisson",
    0.5,
    50,
  ]);
  assert(offered > 50 && offered < 170, `${offered}`);
  assertEquals(appended, offered);
  assert(append_ms.count > 0 && append_ms.count < offered, "the warm-up does not count");
  assertEquals(Object.keys(settle_ms), ["intake", "analysis", "decision"]);
  assertEquals(settle_ms.intake!.count, settle_ms.analysis!.count);
  assertEquals(end_to_end_ms.count, settle_ms.decision!.count);
  assert(decided > 0 && decided <= offered);
  // A pass settles an intake and its decision in one commit; not every intake is decided.
  assert(end_to_end_ms.p50 > 0 && end_to_end_ms.p99 >= end_to_end_ms.p50, JSON.stringify(end_to_end_ms));
  assertEquals([errors.dead_lettered, errors.worker_restarts, errors.fenced], [0, 0, 0]);
  if (Deno.build.os === "linux") assert(processes[0]!.cpu_percent > 0 && processes[0]!.memory_mb > 20);
}

Deno.test("a search goes down as long as the objective is not met, and says so when it never is", async () => {
  const { code, out, err } = await run(
    [...memory, "--rate", "max", "--slo", "0.1ms", "--duration", "300ms", "--arrivals", "fixed", "--json"],
  );
  const { search } = JSON.parse(out);
  assertEquals([code, search.slo_ms, search.max_rate_per_second], [1, 0.1, null], err);
  const tried: { rate_per_second: number; held: boolean }[] = search.tried;
  assertEquals(tried.map((probe) => probe.rate_per_second), [250, 63, 16, 4, 1]);
  assert(tried.every(({ held }) => !held));
});

Deno.test("on the embedded PostgreSQL a run leaves nothing behind, and tells of both processes", async () => {
  const TMPDIR = await Deno.makeTempDir();
  await Deno.chmod(TMPDIR, 0o711); // as root the database runs as another user, who must pass
  try {
    const { code, out, err } = await run(["load", "--rate", "600/min", "--duration", "2s", "--json"], {
      env: { TMPDIR },
    });
    const { offered, appended, processes, durability, verdict } = JSON.parse(out);
    // A busy machine may be late: the verdict says so, and the exit code follows it.
    assertEquals(code, verdict.limit === "none" ? 0 : 1, err);
    assertEquals(appended, offered, err);
    assertMatch(durability, /^an acknowledged event is on the server's disk/);
    if (Deno.build.os === "linux") {
      const names = processes.map(({ name }: { name: string }) => name);
      assertEquals(names, ["node (with the generator)", "PostgreSQL"]);
    }
    assertEquals([...Deno.readDirSync(TMPDIR)], []);
  } finally {
    await Deno.remove(TMPDIR, { recursive: true });
  }
});

Deno.test("in a pipe a run says how it goes in lines; broken off, it tells what was measured until then", async () => {
  await using load = Program.start([...memory, "--rate", "20/sec", "--duration", "60s", "--warm-up", "1s"]);
  await load.err.waitForLine(
    /^\d+ of 60 s, \d+ s to go: \d+ offered, \d+ appended, \d+ settled, \d+ behind; append p99 [\d.]+ ms, end to end p50 /m,
  );
  load.signal("SIGINT");
  const { code, out, err } = await load.ended();
  assertEquals(code, 0, err);
  assertMatch(out, /end to end, three processors +\d+ /);
  assertMatch(out, /Stopped before its end: the figures are of what was measured until then\n$/);
});

const slips: readonly [string, RegExp][] = [
  ["load", /^Cannot use --rate: must be given/],
  ["load --rate 100", /^Cannot use --rate: must be a rate such as 100\/sec or 600\/min, or max/],
  ["load --rate 100/week", /^Cannot use --rate: must be a rate/],
  ["load --rate 0/sec", /^Cannot use --rate: must be a rate/],
  ["load --rate maximum", /^Cannot use --rate: must be a rate/],
  ["load --rate 1/sec --duration 1week", /^Cannot use --duration: must be a duration/],
  ["load --rate 1/sec --arrivals weekly", /^Cannot use --arrivals: must be one of fixed, poisson, daily/],
  ["load --rate max --slo 50", /^Cannot use --slo: must be a duration/],
  ["load --rate 1/sec now", /^load takes no arguments: now/],
  ["load --rate 1/sec --report /dev/null/x", /^Cannot use --report \/dev\/null\/x: /],
  ["load --rate 1/sec --backend memory --url postgres://host/db", /^Cannot use --url with --backend memory/],
];

for (const [line, message] of slips) {
  Deno.test(`"${line}" is refused in one line`, async () => {
    assertRefused(await runHere(line.split(" ")), 2, message);
  });
}
