/** Counts the errors of a run, as an observer of the runtime. @module */
import type { Observer } from "../../actors/observer.ts";

export class ErrorCounts implements Observer {
  retries = 0;
  deadLetters = 0;
  fencedWrites = 0;
  restarts = 0;
  outages = 0;

  /** Sets all counts to zero. */
  reset(): void {
    Object.assign(this, new ErrorCounts());
  }

  settled(): void {}
  held(): void {}
  backendAvailable(): void {}
  retried(): void {
    this.retries++;
  }
  deadLettered(): void {
    this.deadLetters++;
  }
  fenced(): void {
    this.fencedWrites++;
  }
  workerRestarted(): void {
    this.restarts++;
  }
  backendUnavailable(): void {
    this.outages++;
  }

  figures() {
    return {
      retried: this.retries,
      dead_lettered: this.deadLetters,
      fenced: this.fencedWrites,
      worker_restarts: this.restarts,
      unavailable: this.outages,
    };
  }
}
