/** A processor that misbehaves as its events say: `data.act` names what it does. @module */
import process from "node:process";
import { type HandlerResult, type Processor, Reject } from "../../../actors/processor.ts";
import type { EventOf, WireEvent } from "../../../schema/events.ts";
import { anEvent } from "../events.ts";

type Intake = EventOf<"case.intake">;

const attempts = new Map<string, number>();
/** What `grow` never gives back. */
const retained: number[][] = [];
const buffers: (Uint8Array | ArrayBuffer)[] = [];

/** What `worker_that_posts.ts` leaves to handlers: an open way to its parent. */
declare global {
  var keptPost: ((message: unknown) => void) | undefined;
}

function spinFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** What a handler may do, by name. After an act that returns nothing the handler answers as it should. */
const misbehavingActs = {
  throw() {
    throw new TypeError("misbehaving");
  },
  throw_twice({ event_id }: Intake) {
    attempts.set(event_id, (attempts.get(event_id) ?? 0) + 1);
    if (attempts.get(event_id)! <= 2) throw new Error(`try ${attempts.get(event_id)}`);
  },
  reject() {
    throw new Reject("not for us");
  },
  nonsense: () => 42,
  promise: () => Promise.resolve({ events: [] }),
  failing_promise: () => Promise.reject(new Error("later")),
  loop() {
    for (;;);
  },
  slow: () => spinFor(300),
  /** Not stopped by the guard: it hangs the worker, and its thread with it. */
  escape() {
    for (;;) new Array(100).fill(0);
  },
  /** Ends the process, without a word. */
  kill_process: () => Deno.kill(Deno.pid, "SIGKILL"),
  /** Ends the process: there is no cap on the heap of one worker. */
  blow_heap() {
    for (let all = {};;) all = { before: all, n: 1 };
  },
  /** 16 MB at a time, outside the heap and never touched: where they would end, no machine has so much. */
  blow_buffers() {
    for (;;) buffers.push(new ArrayBuffer(16 * 1024 * 1024));
  },
  /** Goes on for ever when its handler has long returned, and keeps its thread from everything else. */
  await_loop() {
    (async () => {
      for (;;) await null;
    })();
  },
  close: () => self.close(),
  exit: () => Deno.exit(3),
  outside_microtask: () =>
    queueMicrotask(() => {
      throw new Error("from a microtask");
    }),
  outside_timeout: () =>
    setTimeout(() => {
      throw new Error("from a timer");
    }, 0),
  /** Ends its worker at once: what marks the worker's progress throws from now on. */
  sabotage() {
    Atomics.store = () => {
      throw new Error("sabotage");
    };
  },
  /** The same, and what it says is long and no store takes it as it is. */
  sabotage_loudly() {
    Atomics.store = () => {
      throw new Error(`\0\ud800${"x".repeat(5_000)}`);
    };
  },
  chatter: () => self.keptPost!(null),
  post_forever() {
    for (;;) self.keptPost!(new Uint8Array(100_000));
  },
  post: () => self.postMessage(null),
  /** A thread of its own, that nothing would ever end. */
  start_worker: () => new Worker("data:text/javascript,for(;;);", { type: "module" }),
  exit_process: () => process.exit(3),
  /** 16 MB. */
  grow: () => retained.push(new Array(2_000_000).fill(0.5)),
  /** 16 MB outside the heap. */
  grow_outside: () => buffers.push(new Uint8Array(16 * 1024 * 1024).fill(1)),
  read_file: () => Deno.readTextFileSync("deno.json"),
  read_environment: () => Deno.env.get("HOME"),
  open_port: () => Deno.listen({ port: 0 }),
  run_program: () => new Deno.Command("true").outputSync(),
  throw_what_spins() {
    throw {
      toString() {
        for (;;);
      },
    };
  },
} as const;

export type MisbehavingAct = keyof typeof misbehavingActs;

/** These acts return their answer in place of a proper one. */
const answers: readonly string[] = ["nonsense", "promise", "failing_promise"];

/** Answers every intake with an analysis that says which one (`n`) it answers, and what it had seen before. */
export const misbehavingProcessor: Processor<readonly unknown[], "case.intake", never> = {
  name: "misbehaving",
  version: 1,
  takes: ["case.intake"],
  folds: [],
  initial: () => [],
  evolve: (seen, event) => [...seen, event.data.n],
  handle(event, seen) {
    const act = event.data.act as MisbehavingAct | undefined;
    const did = act === undefined ? undefined : misbehavingActs[act](event);
    if (act !== undefined && answers.includes(act)) return did as unknown as HandlerResult;
    const { case_id, n } = event.data;
    const data = {
      ...{
        case_id,
        n,
        seen,
        risk_score: 1,
        success_probability: 1,
        recommended_action: "payment_plan" as const,
      },
      ...{ estimated_savings: 100 as Intake["data"]["debt_amount"], analysis_confidence: 1 },
    };
    return { events: [{ event_type: "case.analysis", data }] };
  },
};

/** Intake `n` of a case, which makes the processor act. */
export function misbehavingEvent(caseId: string, n: number, act?: MisbehavingAct): WireEvent {
  const event = anEvent(caseId, n);
  return act === undefined ? event : { ...event, data: { ...event.data, act } };
}
