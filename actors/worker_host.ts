/// <reference lib="deno.worker" />
/**
 * What runs in a worker: hosts the virtual actors (the states of cases) of its partitions and runs their handlers. It
 * answers and never pushes.
 * @module
 */
import { BatchRun, DeliveryTimeout } from "./batch_run.ts";
import { CaseStates } from "./case_states.ts";
import type { AnyProcessor } from "./processor.ts";
import { runGuarded } from "./vm_guard.ts";
import type { FromWorker, Run, Setup, ToWorker } from "./worker_protocol.ts";

/** Places in the shared progress: which batch runs, and which of its deliveries. */
const BATCH = 0;
const DELIVERY = 1;

const states = new Map<string, CaseStates>();
const waiting = new Map<number, BatchRun>();
let settings: Setup;
let progress: Int32Array;

/** Hosts these processors in this worker, from now on. */
export function host(processors: readonly AnyProcessor[]): void {
  refuseToEnd();
  self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.kind === "setup") return setup(data, processors);
    if (data.kind === "run") return start(data);
    const run = waiting.get(data.id)!;
    waiting.delete(data.id);
    if (data.lines !== null) finish(data.id, run, data.lines);
  };
}

/** A worker that ends itself does so without a word to anybody: a handler that tries fails instead. */
function refuseToEnd(): void {
  const refuse = () => {
    throw new Error("A handler can't end its worker");
  };
  self.close = refuse;
  Object.assign(Deno, { exit: refuse });
}

function setup(message: Setup, processors: readonly AnyProcessor[]): void {
  settings = message;
  progress = new Int32Array(message.progress);
  for (const processor of processors) {
    states.set(processor.name, new CaseStates(processor, Math.ceil(message.stateLimit / processors.length)));
  }
  answer({ kind: "ready" });
}

function start({ id, processor, partition, lines }: Run): void {
  const before = [...progress] as [number, number];
  mark(id, 0);
  const own = states.get(processor)!;
  const others = [...states.values()].filter((other) => other !== own);
  const run = new BatchRun(own, others, partition, lines);
  const { needs } = run;
  if (needs.length === 0) return finish(id, run, "");
  waiting.set(id, run);
  const { takes, folds } = run.processor;
  answer({ kind: "need", id, needs, types: [...takes, ...folds] });
  // While it waits, nothing that happens in this worker is the fault of its first delivery.
  mark(...before);
}

function finish(id: number, run: BatchRun, histories: string): void {
  mark(id, 0);
  run.learn(histories);
  while (!run.finished) runSome(id, run);
  const result = run.result();
  mark(id, run.deliveries.length);
  const transfer = Object.values(result.done).map(({ buffer }) => buffer as ArrayBuffer);
  const { heapUsed, external } = Deno.memoryUsage();
  post({ kind: "result", id, result, heapBytes: heapUsed + external }, transfer);
}

/** Runs on until the batch ends or the guard stops it. Only a delivery that had the whole time to itself is to blame. */
function runSome(id: number, run: BatchRun): void {
  const first = run.next;
  const inTime = runGuarded(() => {
    while (!run.finished) {
      mark(id, run.next);
      run.step();
    }
  }, settings.deliveryTimeoutMs);
  // A half kept outcome can't be told from a whole one: better to end here, and let the batch be done again by another.
  if (!inTime && run.keeping) throw new Error("Stopped while the outcome of a delivery was being kept");
  if (!inTime && run.next === first) {
    run.fail(new DeliveryTimeout(`A handler did not return within ${settings.deliveryTimeoutMs} ms`));
  }
}

function mark(batch: number, delivery: number): void {
  Atomics.store(progress, DELIVERY, delivery);
  Atomics.store(progress, BATCH, batch);
}

function answer(message: FromWorker): void {
  post(message, []);
}

function post(message: FromWorker, transfer: Transferable[]): void {
  self.postMessage(message, transfer);
}
