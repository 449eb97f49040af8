/** What is watched of batches, where it is reported to, and what is done to them. @module */
import type { ReportSink } from "./run_report.ts";

/** Batches handed out and not settled: now, and at most since the last question. */
export class InFlightGauge {
  batches = 0;
  bytes = 0;
  #peak = { batches: 0, bytes: 0 };

  add(batches: number, bytes: number): void {
    this.batches += batches;
    this.bytes += bytes;
    this.#peak.batches = Math.max(this.#peak.batches, this.batches);
    this.#peak.bytes = Math.max(this.#peak.bytes, this.bytes);
  }

  takePeak(): { batches: number; bytes: number } {
    const peak = this.#peak;
    this.#peak = { batches: this.batches, bytes: this.bytes };
    return peak;
  }
}

/** What is done to batches now, and the evidence of it. */
export class FaultSwitches {
  /** Settles that were begun. */
  settles = 0;
  holdsSettles = false;
  repeatsBatches = false;
  settlesHeld = 0;
  deliveriesRepeated = 0;
  readonly inFlight = new InFlightGauge();

  async waitWhileHeld(): Promise<void> {
    if (this.holdsSettles) this.settlesHeld++;
    while (this.holdsSettles) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Where a watched backend reports to, by which clock, and what is done to its batches. */
export interface WatchContext {
  readonly report: ReportSink;
  readonly now: () => number;
  readonly switches: FaultSwitches;
}
