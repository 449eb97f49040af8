/** What the nodes of a run report, as it happens: the recorder makes the history of it. @module */
import type { Observer } from "../../actors/observer.ts";
import type {
  InFlightPeak,
  LeaseAcquisition,
  RuntimeEvent,
  RuntimeEventKind,
  SettleAttempt,
  SettleResult,
} from "./history.ts";

/** What is reported: all but who reports it. */
type Reported<T> = Omit<T, "node" | "life">;

type BegunAttempt = Omit<Reported<SettleAttempt>, "endedAt" | "result">;

/** One report. Times are milliseconds by the one clock of the run, which no fault shifts. */
export type RunReport =
  | { readonly kind: "lease_acquired" } & Reported<LeaseAcquisition>
  /** `id`: unlike that of every other settle of the same life. */
  | { readonly kind: "settle_begun"; readonly id: number; readonly attempt: BegunAttempt }
  | { readonly kind: "settle_ended"; readonly id: number; readonly result: SettleResult; readonly at: number }
  | { readonly kind: "observed" } & Reported<RuntimeEvent>
  | { readonly kind: "in_flight" } & Reported<InFlightPeak>
  /** A worker ended, as its host saw it: the runtime has to show a restart. */
  | { readonly kind: "worker_exit" }
  | MailboxTotals
  | { readonly kind: "crashed"; readonly why: string };

/** Sums over all mailboxes. */
export interface MailboxTotals {
  readonly kind: "health";
  readonly at: number;
  readonly mailboxes: number;
  readonly pending: number;
  readonly parked: number;
  readonly retrying: number;
  readonly timersDue: boolean;
}

/** Takes a report; resolves when the end of the reporting process can't lose it any more. */
export type ReportSink<R = RunReport> = (report: R) => Promise<void>;

/** An observer that reports everything the runtime makes visible; of a settled batch only its failures. */
export function createReportingObserver(report: ReportSink, now: () => number): Observer {
  const observe = (what: RuntimeEventKind, ids: Record<string, string | number>) =>
    void report({ kind: "observed", what, at: now(), ids });
  return {
    settled() {},
    retried: (ids) => observe("retry", { ...ids }),
    deadLettered: (ids) => observe("dead_letter", { ...ids }),
    held: (ids) => observe("held", { ...ids }),
    fenced: (ids) => observe("fenced", ids),
    workerRestarted: ({ worker, exit }) => observe("worker_restart", { worker, exit }),
    processorRestarted: ({ processor, reason }) =>
      void report({ kind: "crashed", why: `${processor} was restarted: ${reason}` }),
    backendUnavailable: () => observe("backend_away", {}),
    backendAvailable: () => observe("backend_back", {}),
  };
}
