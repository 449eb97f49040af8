/** A worker in the simulation's own thread: the real host of batches, behind messages that take their time. @module */
import { BatchDispatcher } from "../../actors/worker/batch_dispatcher.ts";
import type { WorkerLike } from "../../actors/pool/spawn_worker.ts";
import type { FromWorker, ToWorker } from "../../actors/worker/protocol.ts";
import type { Random } from "../cases/random.ts";
import type { PendingFaults } from "./pending_faults.ts";
import { type AbruptExit, type FailureControls, processorsOf } from "./simulated_cases.ts";
import type { Process, SimulatedTime } from "./simulated_time.ts";

/** Where a worker lives. */
interface WorkerContext {
  readonly time: SimulatedTime;
  readonly process: Process;
  readonly random: Random;
  readonly failures: Omit<FailureControls, "exit">;
  readonly pending: PendingFaults;
  /** Ends the whole node, at once. */
  killNode(): void;
  /** The supervisor learns of this end of a worker, and has to show it. */
  onExit(): void;
}

const MESSAGE_MS = 0.3;
const BATCH_MS = 3;
/** More than any heap may have. */
export const TOO_MUCH_HEAP = 1_000_000;

/** Thrown through everything, as nothing that a handler throws is. */
class ScriptedExit extends Error {
  constructor(readonly how: AbruptExit) {
    super(`simulated ${how}`);
  }
}

/** Ends at the delivery it is scripted to end at, before it reports any further progress. */
class KillableHost extends BatchDispatcher {
  pendingExit: ScriptedExit | undefined;
  /** Ends at this delivery. */
  exitAt: { delivery: number; end: ScriptedExit } | undefined;

  protected override recordProgress(batch: number, delivery: number, suspect?: number): void {
    if (this.pendingExit !== undefined) throw this.pendingExit;
    super.recordProgress(batch, delivery, suspect);
    if (this.exitAt === undefined || delivery < this.exitAt.delivery) return;
    this.pendingExit = this.exitAt.end;
    throw this.pendingExit;
  }
}

export class SimulatedWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;
  onerror: WorkerLike["onerror"] = null;
  readonly #context: WorkerContext;
  readonly #host: KillableHost;
  readonly #startFailure: string | undefined;
  #running = true;
  /** It does one thing at a time, and messages do not overtake each other. */
  #busyUntil = 0;
  #answers: FromWorker[] = [];

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#startFailure = context.pending.take("worker_start");
    if (this.#startFailure === "throws") {
      context.onExit();
      throw new Error("simulated failure to make a worker");
    }
    const end = (how: AbruptExit): never => {
      this.#host.pendingExit = new ScriptedExit(how);
      throw this.#host.pendingExit;
    };
    this.#host = new KillableHost(processorsOf({ ...context.failures, exit: end }), {
      post: (message) => void this.#answers.push(message),
      whenIdle: (act) => this.#later(act),
      heapBytes: () => context.pending.take("heap_report") ? TOO_MUCH_HEAP : 0,
    });
  }

  postMessage(message: ToWorker): void {
    const { time, process, random } = this.#context;
    const arrives = Math.max(this.#busyUntil, time.now + random.uniform() * MESSAGE_MS);
    const slow = message.kind === "batches" ? this.#context.pending.take("batch_time") ?? 0 : 0;
    const takes = slow + random.uniform() * (message.kind === "batches" ? BATCH_MS : MESSAGE_MS);
    this.#busyUntil = arrives + takes;
    time.after(this.#busyUntil - time.now, process, () => this.#receive(message));
  }

  terminate(): void {
    this.#running = false;
  }

  #receive(message: ToWorker): void {
    if (!this.#running || this.#startFailure === "silent") return;
    if (this.#startFailure === "error") return this.#fail("simulated failure to start");
    if (message.kind === "batches") this.#takeFaults();
    try {
      this.#host.onMessage(message);
    } catch (error) {
      if (error instanceof ScriptedExit && error.how === "kill_node") return this.#context.killNode();
      if (error instanceof ScriptedExit && error.how === "hang_worker") return;
      return this.#fail(String(error));
    }
    for (const answer of this.#answers.splice(0)) this.#send(answer);
  }

  #takeFaults(): void {
    const { pending } = this.#context;
    const fault = pending.take("batch");
    if (fault !== undefined) {
      this.#host.exitAt = { delivery: fault.delivery, end: new ScriptedExit(fault.exit) };
    }
    if (pending.take("batch_reply")) this.#answers.push({ kind: "ready" });
  }

  #fail(message: string): void {
    this.#answers.length = 0;
    this.#later(() => {
      this.#context.onExit();
      this.onerror?.({ message, preventDefault() {} } as ErrorEvent);
    });
  }

  #send(data: FromWorker): void {
    this.#later(() => this.onmessage?.({ data } as MessageEvent<FromWorker>));
  }

  /** What it says arrives in order, and not at all when it was ended before. */
  #later(act: () => void): void {
    const { time, process } = this.#context;
    time.after(MESSAGE_MS, process, () => {
      if (this.#running) act();
    });
  }
}
