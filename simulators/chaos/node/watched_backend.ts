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
      yield watchMailbox(mailbox, report, switches);
    }
  }
  return override(backend, { mailboxes });
}

let settleCount = 0;

function watchMailbox(mailbox: Mailbox, report: ReportSink, switches: FaultSwitches): Mailbox {
  /** The last batch, when all of it was done. */
  let last: Batch | undefined;
  async function* batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    for await (const batch of mailbox.batches(signal, permits)) {
      switches.addInFlight(batch.lines.length);
      const before = last;
      last = undefined;
      try {
        yield withRepeats(batch, before, switches);
      } finally {
        switches.inFlight -= batch.lines.length;
      }
    }
  }
  async function settle(batch: Batch, settlement: Settlement): Promise<void> {
    await switches.waitWhileHeld();
    await reportSettle(mailbox, batch, settlement, report);
    if (batch.kind === "fresh" && settlement.failures.length === 0) last = batch;
  }
  return override(mailbox, { batches, settle });
}

/** The batch, with the one before it once more. */
function withRepeats(batch: Batch, before: Batch | undefined, switches: FaultSwitches): Batch {
  if (!switches.repeatsBatches || before === undefined || batch.kind !== "fresh") return batch;
  switches.deliveriesRepeated += before.count;
  const lines = encodeLines([...linesOf(before), ...linesOf(batch)]);
  return { ...batch, lines, count: before.count + batch.count };
}

async function reportSettle(mailbox: Mailbox, batch: Batch, settlement: Settlement, report: ReportSink) {
  const id = ++settleCount;
  await report(settleBegun(id, mailbox, batch, settlement));
  let result: SettleResult = "settled";
  try {
    await mailbox.settle(batch, settlement);
  } catch (error) {
    result = error instanceof Fenced
      ? "fenced"
      : error instanceof BackendUnavailable
      ? "unavailable"
      : "failed";
    throw error;
  } finally {
    await report({ kind: "settle_ended", id, result, at: steadyNow() });
  }
}

function settleBegun(id: number, mailbox: Mailbox, batch: Batch, { failures }: Settlement): NodeReport {
  const { processor, partition, epoch } = mailbox;
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
