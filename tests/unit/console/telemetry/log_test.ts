import { assert, assertEquals } from "@std/assert";
import type { Observer } from "../../../../actors/observer.ts";
import { combineObservers, createNodeLog } from "../../../../console/telemetry/log.ts";
import { batch, ids, manualClock } from "../fixtures.ts";

/** A log that writes into a list; its timer runs when the test says so. */
function logTo(
  options: Pick<Parameters<typeof createNodeLog>[0], "level" | "node"> & { json?: boolean } = {},
) {
  const clock = manualClock();
  const lines: string[] = [];
  const timers = new Set<() => void>();
  const schedule = (act: () => void) => {
    timers.add(act);
    return () => void timers.delete(act);
  };
  const write = (line: string) => void lines.push(line);
  const nodeLog = createNodeLog({ json: false, ...options, write, now: clock.now, schedule });
  const ring = () => [...timers].forEach((act) => act());
  return { nodeLog, clock, lines, timers, ring };
}

const EVENT = "01943a5e-7c00-7000-8000-000000000001";

function everyAct(
  observer: Observer,
  error = "TypeError",
  reason = "Uncaught TypeError: of citizen 123456782",
): void {
  observer.retried(ids(), error);
  observer.deadLettered(ids({ attempt: 5 }), error);
  observer.held(ids());
  observer.fenced({ processor: "intake", partition: 3, epoch: 9 });
  observer.workerRestarted({ worker: 1, exit: "threw", reason });
  observer.backendUnavailable("PostgreSQL is away (ECONNREFUSED)");
  observer.backendAvailable();
}

Deno.test("every failure that was survived is one line in plain words, with its ids", () => {
  const { nodeLog, lines } = logTo();
  everyAct(nodeLog);
  nodeLog.close();
  assertEquals(lines.map((line) => line.replace("2026-01-15T09:00:00.000Z ", "")), [
    `warn  retry: intake/3, case zaak-7, event ${EVENT}, attempt 2 (TypeError)`,
    `error dead letter: intake/3, case zaak-7, event ${EVENT}, attempt 5 (TypeError)`,
    "warn  fenced: intake/3 has a newer owner, epoch 9 can't settle any more",
    "warn  worker 1 is replaced: it threw outside a handler (TypeError)",
    "error backend unavailable: PostgreSQL is away (ECONNREFUSED); the node waits and no attempt is used up",
    "info  backend available again after 0 s (failed tries: 1)",
    "info  1 held delivery in the last second (intake)",
  ]);
});

Deno.test("as JSON every line has its time, level, event, text, node and ids", () => {
  const { nodeLog, lines } = logTo({ json: true, node: "n1" });
  everyAct(nodeLog);
  nodeLog.close();
  const words = logTo();
  everyAct(words.nodeLog);
  words.nodeLog.close();
  const delivery = { processor: "intake", partition: 3, case_id: "zaak-7", event_id: EVENT };
  const entries = [
    { level: "warn", event: "retry", ...delivery, attempt: 2, error: "TypeError" },
    { level: "error", event: "dead_letter", ...delivery, attempt: 5, error: "TypeError" },
    { level: "warn", event: "fenced", processor: "intake", partition: 3, epoch: 9 },
    { level: "warn", event: "worker_restart", worker: 1, exit: "threw", error: "TypeError" },
    { level: "error", event: "backend_unavailable", reason: "PostgreSQL is away (ECONNREFUSED)" },
    { level: "info", event: "backend_available", unavailable_ms: 0, tries: 1 },
    { level: "info", event: "held", processor: "intake", count: 1, window_ms: 0 },
  ];
  const common = { time: "2026-01-15T09:00:00.000Z", node: "n1" };
  assertEquals(
    lines.map((line) => JSON.parse(line)),
    entries.map((entry, i) => ({ ...common, msg: words.lines[i]!.slice(31), ...entry })),
  );
});

Deno.test("of a delivery in a trace the JSON has the id of the trace, digits and all", () => {
  const { nodeLog, lines } = logTo({ json: true });
  const traceId = "0af7651916cd43dd8448eb1234567820";
  nodeLog.retried(ids({ traceId }), "TypeError");
  assertEquals(JSON.parse(lines[0]!).trace_id, traceId);
});

Deno.test("what is less urgent than the level asked for is not written", () => {
  for (const [level, expected] of [["info", 7], ["warn", 5], ["error", 2]] as const) {
    const { nodeLog, lines } = logTo({ level });
    everyAct(nodeLog);
    nodeLog.close();
    assertEquals(lines.length, expected, level);
  }
});

Deno.test("work that goes well is not logged", () => {
  const { nodeLog, lines, timers } = logTo();
  nodeLog.settled(batch({ done: { "case.intake": Float64Array.of(1) } }));
  nodeLog.close();
  assertEquals([lines, timers.size], [[], 0]);
});

Deno.test("a flood of the same act is five lines and a number", () => {
  const { nodeLog, clock, lines, ring } = logTo();
  for (let i = 0; i < 1_239; i++) nodeLog.retried(ids(), "TypeError");
  nodeLog.retried(ids({ processor: "analysis" }), "RangeError");
  assertEquals(lines.length, 6);
  clock.pass(1_000);
  ring();
  assertEquals(lines.slice(6), [
    "2026-01-15T09:00:01.000Z warn  … and 1,234 more retries in the last second (intake, TypeError)",
  ]);
});

Deno.test("after a window the same act is written again, even when the timer is late", () => {
  const { nodeLog, clock, lines, timers } = logTo();
  for (let i = 0; i < 7; i++) nodeLog.retried(ids(), "TypeError");
  clock.pass(3_000);
  nodeLog.retried(ids(), "TypeError");
  assertEquals(lines.slice(5).map((line) => line.slice(25, 45)), [
    "warn  … and 2 more r",
    "warn  retry: intake/",
  ]);
  assert(lines[5]!.endsWith("in the last 3 seconds (intake, TypeError)"));
  assertEquals(timers.size, 1);
});

Deno.test("whatever happens in a window, the number of lines is bounded", () => {
  const { nodeLog, lines } = logTo();
  for (let i = 0; i < 20_000; i++) {
    nodeLog.retried(ids(), `Error${i % 5_000}`);
    nodeLog.deadLettered(ids(), `Error${i % 5_000}`);
  }
  nodeLog.close();
  assert(lines.length < 250, `${lines.length} lines`);
  const counted = lines.reduce(
    (sum, line) => sum + Number(/and ([\d,]+) more/.exec(line)?.[1]?.replace(",", "") ?? 1),
    0,
  );
  assertEquals(counted, 40_000);
});

Deno.test("an unavailable backend is one line, however often it is tried, and one more when it answers again", () => {
  const { nodeLog, clock, lines } = logTo();
  for (let i = 0; i < 50; i++) nodeLog.backendUnavailable("no route");
  clock.pass(12_000);
  nodeLog.backendAvailable();
  nodeLog.backendAvailable();
  assertEquals(lines.map((line) => line.slice(25)), [
    "error backend unavailable: no route; the node waits and no attempt is used up",
    "info  backend available again after 12 s (failed tries: 50)",
  ]);
});

Deno.test("a recycled worker is no warning", () => {
  const { nodeLog, lines } = logTo();
  nodeLog.workerRestarted({ worker: 0, exit: "recycled", reason: "recycled" });
  assertEquals(lines[0]!.slice(25), "info  worker 0 is replaced: its heap had grown above the ceiling");
});

Deno.test("given a BSN in a class, a reason or an id, it never reaches a line", () => {
  for (const json of [false, true]) {
    const { nodeLog, lines } = logTo({ json });
    everyAct(nodeLog, "Error of 123456782", "Uncaught CitizenError: 123456782");
    everyAct(nodeLog, "Citizen123456782Error", "123456782");
    nodeLog.retried(ids({ caseId: "123456782", eventId: "123456782" }), "123456782");
    nodeLog.workerRestarted({ worker: 1, exit: "123456782", reason: "Uncaught E123456782Error: x" });
    nodeLog.backendUnavailable("row of 123456782");
    nodeLog.close();
    assert(lines.length > 10);
    assertEquals(lines.filter((line) => line.includes("123456782")), []);
  }
});

Deno.test("given the message of an error, none of it reaches a line", () => {
  const { nodeLog, lines } = logTo();
  everyAct(nodeLog, "Jan Jansen owes 40", "Uncaught (in promise) TypeError: Jan Jansen owes 40");
  nodeLog.workerRestarted({ worker: 1, exit: "start_failed", reason: "Jan Jansen owes 40" });
  nodeLog.close();
  assertEquals(lines.filter((line) => line.includes("Jan")), []);
  assert(lines.some((line) => line.includes("attempt 2 (Error)")));
});

Deno.test("an event id that has nine digits in a row by chance stays whole: it must be found again", () => {
  const { nodeLog, lines } = logTo();
  const eventId = "01943a5e-7c00-7000-8000-a123456782bc";
  nodeLog.retried(ids({ eventId }), "TypeError");
  assert(lines[0]!.includes(eventId));
});

Deno.test("a case id can't forge a line or dress up as another field", () => {
  const { nodeLog, lines } = logTo();
  nodeLog.retried(ids({ caseId: "7, event x\n2026 error all is lost\u001b[2J\u202e" }), "TypeError");
  assertEquals(lines.length, 1);
  assert(lines[0]!.includes('case "7, event x␊2026 error all is lost␛[2J<U+202E>", event'), lines[0]);
});

Deno.test("closing writes what was kept back once, and leaves no timer", () => {
  const { nodeLog, lines, timers } = logTo();
  nodeLog.held(ids());
  nodeLog.held(ids());
  nodeLog.close();
  nodeLog.close();
  assertEquals(lines.map((line) => line.slice(25)), ["info  2 held deliveries in the last second (intake)"]);
  assertEquals(timers.size, 0);
});

Deno.test("combined observers are all told everything, in order", () => {
  const reported: string[] = [];
  const named = (name: string): Observer => {
    const note = (act: string) => () => void reported.push(`${name}:${act}`);
    return {
      settled: note("settled"),
      retried: note("retried"),
      deadLettered: note("deadLettered"),
      held: note("held"),
      fenced: note("fenced"),
      workerRestarted: note("workerRestarted"),
      backendUnavailable: note("backendUnavailable"),
      backendAvailable: note("backendAvailable"),
    };
  };
  const both = combineObservers(named("a"), named("b"));
  both.settled(batch());
  everyAct(both);
  const acts = [
    "settled",
    "retried",
    "deadLettered",
    "held",
    "fenced",
    "workerRestarted",
    "backendUnavailable",
    "backendAvailable",
  ];
  assertEquals(reported, acts.flatMap((act) => [`a:${act}`, `b:${act}`]));
});

Deno.test("a processor that is started again is told, by the class of what was thrown alone (I8)", () => {
  const { nodeLog, lines } = logTo();
  const all = combineObservers(nodeLog);
  all.processorRestarted!({ processor: "intake", reason: "TypeError" });
  all.processorRestarted!({ processor: "intake", reason: "citizen 123456782" });
  nodeLog.close();
  assertEquals(lines.length, 2);
  assertEquals(lines[0]!.includes("intake") && lines[0]!.includes("TypeError"), true);
  assertEquals(lines.some((line) => line.includes("123456782")), false);
});
