/** A worker in the simulation's own thread: the real host of batches, behind messages that take their time. @module */
import { BatchDispatcher } from "../../actors/batch_host.ts";
import type { WorkerLike } from "../../actors/spawn.ts";
import type { FromWorker, ToWorker } from "../../actors/worker_protocol.ts";
import type { Random } from "../random.ts";
import type { Ending, TimedFault } from "./fault.ts";
import { type Harm, processorsOf } from "./simulated_cases.ts";
import type { Process, SimulatedTime } from "./simulated_time.ts";

/** Where a worker lives. */
interface WorkerPlace {
  readonly time: SimulatedTime;
  readonly process: Process;
  readonly random: Random;
  readonly harm: Omit<Harm, "end">;
  /** Takes the fault that waits for a moment like this one, if there is one. */
  take<K extends TimedFault["kind"]>(...kinds: K[]): Extract<TimedFault, { kind: K }> | undefined;
  /** Ends the whole node, at once. */
  killNode(): void;
  /** The supervisor hears of this end of a worker, and has to tell. */
  died(how: string): void;
}

const HOP_MS = 0.3;
const BATCH_MS = 3;
/** More than any heap may have. */
export const TOO_MUCH_HEAP = 1_000_000;

/** Thrown through everything, as nothing that a handler throws is. */
class End extends Error {
  constructor(readonly how: Ending) {
    super(`simulated ${how}`);
  }
}

/** Ends where it was told to, before anything says that it got any further. */
class MortalHost extends BatchDispatcher {
  doom: End | undefined;
  /** Ends at this delivery. */
  endsAt: { delivery: number; end: End } | undefined;

  protected override recordProgress(batch: number, delivery: number): void {
    if (this.doom !== undefined) throw this.doom;
    super.recordProgress(batch, delivery);
    if (this.endsAt === undefined || delivery < this.endsAt.delivery) return;
    this.doom = this.endsAt.end;
    throw this.doom;
  }
}

export class SimulatedWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;
  onerror: WorkerLike["onerror"] = null;
  readonly #place: WorkerPlace;
  readonly #host: MortalHost;
  readonly #startFailure: string | undefined;
  #running = true;
  /** It does one thing at a time, and messages do not overtake each other. */
  #busyUntil = 0;
  #answers: FromWorker[] = [];

  constructor(place: WorkerPlace) {
    this.#place = place;
    const failure = place.take("start_failure");
    if (failure?.how === "throws") {
      place.died("start_failed");
      throw new Error("simulated failure to make a worker");
    }
    this.#startFailure = failure?.how;
    const end = (how: Ending): never => {
      this.#host.doom = new End(how);
      throw this.#host.doom;
    };
    this.#host = new MortalHost(processorsOf({ ...place.harm, end }), {
      post: (message) => void this.#answers.push(message),
      whenIdle: (act) => this.#later(act),
      heapBytes: () => place.take("grown") === undefined ? 0 : TOO_MUCH_HEAP,
    });
  }

  postMessage(message: ToWorker): void {
    const { time, process, random } = this.#place;
    const arrives = Math.max(this.#busyUntil, time.now + random.uniform() * HOP_MS);
    const slow = message.kind === "runs" ? this.#place.take("slow")?.ms ?? 0 : 0;
    const takes = slow + random.uniform() * (message.kind === "runs" ? BATCH_MS : HOP_MS);
    this.#busyUntil = arrives + takes;
    time.after(this.#busyUntil - time.now, process, () => this.#hear(message));
  }

  terminate(): void {
    this.#running = false;
  }

  #hear(message: ToWorker): void {
    if (!this.#running || this.#startFailure === "silent") return;
    if (this.#startFailure === "error") return this.#fail("simulated failure to start");
    if (message.kind === "runs") this.#arm();
    try {
      this.#host.onMessage(message);
    } catch (error) {
      if (error instanceof End && error.how === "kill_node") return this.#place.killNode();
      if (error instanceof End && error.how === "hang") return;
      return this.#fail(String(error));
    }
    for (const answer of this.#answers.splice(0)) this.#say(answer);
  }

  #arm(): void {
    const fault = this.#place.take("crash", "hang");
    if (fault !== undefined) {
      const end = new End(fault.kind === "crash" ? "kill" : "hang");
      this.#host.endsAt = { delivery: fault.delivery, end };
    }
    if (this.#place.take("nonsense") !== undefined) this.#answers.push({ kind: "ready" });
  }

  #fail(message: string): void {
    this.#answers.length = 0;
    this.#later(() => {
      this.#place.died("threw");
      this.onerror?.({ message, preventDefault() {} } as ErrorEvent);
    });
  }

  #say(data: FromWorker): void {
    this.#later(() => this.onmessage?.({ data } as MessageEvent<FromWorker>));
  }

  /** What it says arrives in order, and not at all when it was ended before. */
  #later(act: () => void): void {
    const { time, process } = this.#place;
    time.after(HOP_MS, process, () => {
      if (this.#running) act();
    });
  }
}
