/**
 * A backend whose mailboxes are watched and can be disturbed: every settle is reported before it is made, batches can be
 * held back after they were handled, and delivered again. This is the one seam by which chaos reaches into a supervisor:
 * it stands where the backend is handed over, in the entry of chaos nodes. @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { delay } from "@std/async/delay";
import {
  Fenced,
  type Mailbox,
  type ProcessorSpec,
  type Settlement,
} from "../../../backends/mailbox/mailbox.ts";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { type Batch, linesOf, positionOf } from "../../../backends/mailbox/batch.ts";
import { override } from "../../../backends/primitives/override.ts";
import type { Permits } from "../../../backends/primitives/priority_semaphore.ts";
import { encodeLines } from "../../../schema/delivery_line.ts";
import { type NodeReport, steadyNow } from "./control_protocol.ts";
import type { SettleResult } from "../../proof/history.ts";

/** Takes a report; resolves when it cannot be lost any more, whatever becomes of this process. */
export type ReportSink = (report: NodeReport) => Promise<void>;

/** What is done to batches now, and what has been done. */
export class FaultSwitches {
  holdsSettles = false;
  repeatsBatches = false;
  /** Evidence: settles that had to wait, and deliveries that were given out again. */
  settlesHeld = 0;
  deliveriesRepeated = 0;
  /** Bytes of batches handed out and not settled: now, and at most. */
  inFlight = 0;
  mostInFlight = 0;

  addInFlight(bytes: number): void {
    this.inFlight += bytes;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
  }

  async waitWhileHeld(): Promise<void> {
    if (this.holdsSettles) this.settlesHeld++;
    while (this.holdsSettles) await delay(5);
  }
}

/** The same backend, watched. */
export function watchBackend(backend: Backend, report: ReportSink, switches: FaultSwitches): Backend {
  async function* mailboxes(spec: ProcessorSpec, signal: AbortSignal): AsyncGenerator<Mailbox> {
    for await (const mailbox of backend.mailboxes(spec, signal)) {
      const { processor, partition, epoch } = mailbox;
      await report({ kind: "lease_acquired", processor, partition, epoch, at: steadyNow() });
      yield new WatchedMailbox(mailbox, report, switches);
    }
  }
  return override(backend, { mailboxes });
}

let settleCount = 0;

class WatchedMailbox implements Mailbox {
  readonly #mailbox: Mailbox;
  readonly #report: ReportSink;
  readonly #switches: FaultSwitches;
  /** The last batch, when all of it was done. */
  #last: Batch | undefined;
  readonly markInFlight: Mailbox["markInFlight"];
  readonly histories: Mailbox["histories"];
  readonly close: Mailbox["close"];

  constructor(mailbox: Mailbox, report: ReportSink, switches: FaultSwitches) {
    this.#mailbox = mailbox;
    this.#report = report;
    this.#switches = switches;
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

  async *batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    for await (const batch of this.#mailbox.batches(signal, permits)) {
      this.#switches.addInFlight(batch.lines.length);
      try {
        yield this.#withRepeats(batch);
      } finally {
        this.#switches.inFlight -= batch.lines.length;
      }
    }
  }

  /** The batch, with the one before it once more. */
  #withRepeats(batch: Batch): Batch {
    const last = this.#last;
    this.#last = undefined;
    if (!this.#switches.repeatsBatches || last === undefined || batch.kind !== "fresh") return batch;
    this.#switches.deliveriesRepeated += last.count;
    const lines = encodeLines([...linesOf(last), ...linesOf(batch)]);
    return { ...batch, lines, count: last.count + batch.count };
  }

  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    await this.#switches.waitWhileHeld();
    const id = ++settleCount;
    await this.#report(this.#settleBegun(id, batch, settlement));
    let result: SettleResult = "settled";
    try {
      await this.#mailbox.settle(batch, settlement);
      if (batch.kind === "fresh" && settlement.failures.length === 0) this.#last = batch;
    } catch (error) {
      result = error instanceof Fenced
        ? "fenced"
        : error instanceof BackendUnavailable
        ? "unavailable"
        : "failed";
      throw error;
    } finally {
      await this.#report({ kind: "settle_ended", id, result, at: steadyNow() });
    }
  }

  #settleBegun(id: number, batch: Batch, { failures }: Settlement): NodeReport {
    const { processor, partition, epoch } = this;
    const failed = failures.map(({ position, attempt, outcome }) => ({
      position,
      attempt,
      outcome: outcome.kind,
    }));
    const positions = linesOf(batch).map(positionOf);
    const { kind, from, to } = batch;
    const at = steadyNow();
    return {
      kind: "settle_begun",
      id,
      processor,
      partition,
      epoch,
      batch: kind,
      from,
      to,
      positions,
      failed,
      at,
    };
  }
}
