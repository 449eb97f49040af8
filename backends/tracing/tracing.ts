/** What the runtime needs of traces; `open_telemetry.ts` is loaded for it only where traces are exported. @module */
import type { Backend } from "../backend.ts";
import type { Batch } from "../mailbox/batch.ts";
import type { FailedDelivery } from "../mailbox/mailbox.ts";

/**
 * How the work on an event is tied to what made the event: by a link from a trace of its own, or as a part of the same
 * trace. A case lives for months, so links are the default.
 */
export const traceModes = ["link", "parent"] as const;
export type TraceMode = typeof traceModes[number];

/** One pass: deliveries that a processor handles and settles together. */
export interface Pass {
  readonly processor: string;
  readonly partition: number;
  readonly batch: Batch;
}

/** The span of a pass, from before its deliveries are handled until they are settled. */
export interface PassSpan {
  readonly traceId: string;
  /** Its own context, for what is handled elsewhere. */
  readonly traceparent: string;
  /** Runs the settlement in a span of its own. */
  settle(act: () => Promise<void>): Promise<void>;
  /** A span for every retry and dead letter, which is sampled even where its pass is not. */
  recordFailures(failures: readonly FailedDelivery[]): void;
  /** Names the class of an error only: messages quote data. */
  fail(error: unknown): void;
  end(): void;
}

export interface Tracing {
  /** The backend's name. */
  readonly store: string;
  readonly mode: TraceMode;
  /** The backend with a span around each append; its events carry the context of that span, unless they have one. */
  traceAppends(backend: Backend): Backend;
  startPass(pass: Pass): PassSpan;
}
