/**
 * A backend whose mailboxes are watched and can be disturbed: every settle is reported before it is made, batches can be
 * held back after they were handled, and delivered again. This is the one seam by which chaos reaches into a supervisor:
 * it stands where the backend is handed over, in the entry of chaos nodes. @module
 */
import { type Backend, BackendUnavailable, type ProcessorSpec } from "../../backends/backend.ts";
import type { Permits } from "../../backends/gate.ts";
import {
  type Batch,
  Fenced,
  linesOf,
  type Mailbox,
  positionOf,
  type Settlement,
} from "../../backends/mailbox.ts";
import { encodeLines } from "../../schema/stored_event.ts";
import { type Report, steadyNow } from "./control.ts";
import type { SettleResult } from "./history.ts";

/** Takes a report; resolves when it cannot be lost any more, whatever becomes of this process. */
export type Reporter = (report: Report) => Promise<void>;

/** What is done to batches now, and what has been done. */
export class Disturbance {
  holds = false;
  repeats = false;
  /** Evidence: settles that had to wait, and deliveries that were given out again. */
  held = 0;
  repeated = 0;
  /** Bytes of batches handed out and not settled: now, and at most. */
  inFlight = 0;
  mostInFlight = 0;

  handedOut(bytes: number): void {
    this.inFlight += bytes;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
  }

  async mayGoOn(): Promise<void> {
    if (this.holds) this.held++;
    while (this.holds) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The same backend, watched. */
export function watched(backend: Backend, report: Reporter, disturbance: Disturbance): Backend {
  async function* mailboxes(spec: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    for await (const mailbox of backend.mailboxes(spec, signal)) {
      const { processor, partition, epoch } = mailbox;
      await report({ kind: "won", processor, partition, epoch, at: steadyNow() });
      yield new WatchedMailbox(mailbox, report, disturbance);
    }
  }
  return new Proxy(backend, {
    get(target, key) {
      if (key === "mailboxes") return mailboxes;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

let settles = 0;

class WatchedMailbox implements Mailbox {
  readonly #mailbox: Mailbox;
  readonly #report: Reporter;
  readonly #disturbance: Disturbance;
  /** The last batch, when all of it was done. */
  #last: Batch | undefined;
  readonly markInFlight: Mailbox["markInFlight"];
  readonly histories: Mailbox["histories"];
  readonly close: Mailbox["close"];

  constructor(mailbox: Mailbox, report: Reporter, disturbance: Disturbance) {
    this.#mailbox = mailbox;
    this.#report = report;
    this.#disturbance = disturbance;
    this.markInFlight = mailbox.markInFlight.bind(mailbox);
    this.histories = mailbox.histories.bind(mailbox);
    this.close = mailbox.close.bind(mailbox);
  }

  get processor(): string {
    return this.#mailbox.processor;
  }
  get partition(): number {
    return this.#mailbox.partition;
  }
  get epoch(): number {
    return this.#mailbox.epoch;
  }
  get revoked(): AbortSignal {
    return this.#mailbox.revoked;
  }
  get crashedOwner(): Mailbox["crashedOwner"] {
    return this.#mailbox.crashedOwner;
  }

  async *batches(signal: AbortSignal, gate?: Permits): AsyncGenerator<Batch> {
    for await (const batch of this.#mailbox.batches(signal, gate)) {
      this.#disturbance.handedOut(batch.lines.length);
      try {
        yield this.#again(batch);
      } finally {
        this.#disturbance.inFlight -= batch.lines.length;
      }
    }
  }

  /** The batch, with the one before it once more. */
  #again(batch: Batch): Batch {
    const last = this.#last;
    this.#last = undefined;
    if (!this.#disturbance.repeats || last === undefined || batch.kind !== "fresh") return batch;
    this.#disturbance.repeated += last.count;
    const lines = encodeLines([...linesOf(last), ...linesOf(batch)]);
    return { ...batch, lines, count: last.count + batch.count };
  }

  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    await this.#disturbance.mayGoOn();
    const id = ++settles;
    await this.#report(this.#begun(id, batch, settlement));
    let result: SettleResult = "settled";
    try {
      await this.#mailbox.settle(batch, settlement);
      if (batch.kind === "fresh" && settlement.failures.length === 0) this.#last = batch;
    } catch (error) {
      result = error instanceof Fenced ? "fenced" : error instanceof BackendUnavailable ? "away" : "failed";
      throw error;
    } finally {
      await this.#report({ kind: "ended", id, result, at: steadyNow() });
    }
  }

  #begun(id: number, batch: Batch, { failures }: Settlement): Report {
    const { processor, partition, epoch } = this;
    const failed = failures.map(({ position, attempt, outcome }) => ({
      position,
      attempt,
      outcome: outcome.kind,
    }));
    const positions = linesOf(batch).map(positionOf);
    const { kind, from, to } = batch;
    const at = steadyNow();
    return { kind: "begun", id, processor, partition, epoch, batch: kind, from, to, positions, failed, at };
  }
}
