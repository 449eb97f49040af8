/** What the runtime needs of traces; `open_telemetry.ts` is loaded for it only where traces are exported. @module */
import type { WireEvent } from "../../schema/events.ts";
import type { Backend } from "../backend.ts";
import type { Batch } from "../mailbox/batch.ts";
import type { FailedDelivery } from "../mailbox/mailbox.ts";

/**
 * How the work on an event is tied to what made the event: by a link from a trace of its own, or as a part of the same
 * trace. A case lives for months, so links are the default.
 */
export const traceModes = ["link", "parent"] as const;
export type TraceMode = typeof traceModes[number];

/** Deliveries that are handled and settled together: by one processor, or by several that go through them in one pass. */
export interface Pass {
  /** Undefined for several. */
  readonly processor: string | undefined;
  readonly partition: number;
  readonly batch: Pick<Batch, "lines" | "count">;
}

/** The span of a pass, from before its deliveries are handled until they are settled. */
export interface PassSpan {
  readonly traceId: string;
  /** Its own context, for what is handled elsewhere; undefined where it is not sampled. */
  readonly traceparent: string | undefined;
  /** Runs the settlement in a span of its own. */
  settle<T>(act: () => Promise<T>): Promise<T>;
  /** A span for every retry and dead letter, which is sampled even where its pass is not. */
  recordFailures(failures: readonly FailedDelivery[]): void;
  /** Makes an error of the span, which is sampled even where its pass is not. Names the class only: messages quote data. */
  fail(error: unknown): void;
  end(): void;
}

/**
 * Runs an append in a span, and hands it the events with the context of that span, unless they have one. A failure is
 * sampled even where the append is not.
 */
export type TraceAppend = <T>(
  events: readonly WireEvent[],
  append: (events: readonly WireEvent[]) => Promise<T>,
) => Promise<T>;

/** What spans of appends are called: `publish` for a producer, `append` for a node that takes in what others sent. */
export type AppendName = "publish" | "append";

export interface Tracing {
  /** The backend's name. */
  readonly store: string;
  readonly mode: TraceMode;
  /** For the appends of this name. */
  traceAppend(name: AppendName): TraceAppend;
  /** The backend with a span around each append. */
  traceAppends<B extends Pick<Backend, "append">>(backend: B, name: AppendName): B;
  startPass(pass: Pass): PassSpan;
}
