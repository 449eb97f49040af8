/**
 * The messages between the supervisor's thread and a worker: mostly bytes. The worker only answers, so that the supervisor
 * alone decides how much is in flight. @module
 */
import type { HistoryNeed, StoredTimerChange } from "../../backends/mailbox/mailbox.ts";
import type { TraceMode } from "../../backends/tracing/tracing.ts";
import type { ErrorInfo } from "../error_info.ts";

/** The id of the running batch when none runs. */
export const IDLE = 0;

/**
 * Places in the progress that a worker shows: which batch runs, how many of its deliveries came before, and who is to blame if
 * the worker dies now: in a batch the index of the delivery, in a pass its place (`pass_place.ts`).
 */
export const PROGRESS = { batch: 0, delivery: 1, suspect: 2 } as const;

/** The first message to a worker. */
export interface Setup {
  readonly kind: "setup";
  /** Shared with the supervisor: see `PROGRESS`. Outlives the worker. */
  readonly progress: SharedArrayBuffer;
  /** The secret of the store, by which outputs get their ids. Handlers never see it. */
  readonly secret: string;
  /** How long one delivery may run, in milliseconds. */
  readonly deliveryTimeoutMs: number;
  /** Case states kept, at most. */
  readonly stateLimit: number;
  /** What the program of the worker is configured with, as plain data. */
  readonly configuration?: unknown;
  /** Where traces are made: of work on which store, and how they are tied to the events. */
  readonly traces?: { readonly store: string; readonly mode: TraceMode };
}

/** A batch to be handled. */
export interface BatchRequest {
  readonly id: number;
  readonly processor: string;
  readonly partition: number;
  readonly lines: Uint8Array;
  /** The span of the pass, where it is sampled. */
  readonly traceparent?: string | undefined;
}

/** A processor's part in a pass. */
export interface PassMember {
  readonly processor: string;
  /** It is handed the lines it takes whose position is after `from` and not after `to`. */
  readonly from: number;
  readonly to: number;
  /** Nothing is unread for it behind these lines, so that it is handed what the pass makes, too. */
  readonly isCaughtUp: boolean;
}

/** How much a pass may come to; more is done plainly. */
interface PassBounds {
  readonly deliveries: number;
  /** Characters of all outputs. */
  readonly outputs: number;
}

/** A stretch of a partition to be taken through all processors in step, together with what they make of it. */
export interface PassRequest {
  readonly id: number;
  readonly partition: number;
  readonly lines: Uint8Array;
  /** In the order in which an event is handed to them. */
  readonly members: readonly PassMember[];
  readonly bounds: PassBounds;
  /** The span of the pass, where it is sampled. */
  readonly traceparent?: string | undefined;
  /** By whom it is asked for: a number of its own in each process. */
  readonly sequencer: number;
  /** The last pass of this sequencer was stored: the states that it reached are cached, and dropped otherwise. */
  readonly isLastStored: boolean;
}

/** What a worker is asked to do. */
export type WorkRequest = BatchRequest | PassRequest;

/** To a worker that is ready and has a thread of its own: a port that nobody uses, and that closes when the thread ends. */
export interface Hold {
  readonly kind: "hold";
  readonly port: MessagePort;
}

export type ToWorker =
  | Setup
  | { readonly kind: "batches"; readonly requests: readonly WorkRequest[] }
  /** The histories that a `need` asked for, as delivery lines. null: they could not be read, and the batch is dropped. */
  | { readonly kind: "histories"; readonly id: number; readonly lines: string | null };

/** A delivery that failed in the worker. Its outcome is decided by the failure policy, in the supervisor's thread. */
export interface FailedAttempt {
  readonly position: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly caseId: string;
  readonly attempt: number;
  /** `held`: not tried, an earlier delivery of the case failed or is parked. */
  readonly held: boolean;
  /** No retry can help. */
  readonly final: boolean;
  readonly error: ErrorInfo;
}

/** The result of a batch. */
export interface BatchResult {
  /** The emitted events as output lines (`schema/delivery_line.ts`). */
  readonly outputs: Uint8Array;
  /** How many of them there are, by event type. */
  readonly outputTypes: Readonly<Record<string, number>>;
  readonly timers: readonly StoredTimerChange[];
  readonly failedAttempts: readonly FailedAttempt[];
  /** Deliveries done: for each event type, when they were recorded, in milliseconds. */
  readonly done: Readonly<Record<string, Float64Array>>;
  /** How often each alarm was raised; absent where none was. */
  readonly alarms?: Readonly<Record<string, number>>;
}

/** What a processor did in a pass. */
export interface PassMemberResult {
  readonly processor: string;
  /** It handled something that the pass made. */
  readonly isChained: boolean;
  /** Deliveries done: for each event type, when that which they come from was recorded, in milliseconds. */
  readonly done: Readonly<Record<string, Float64Array>>;
  /** What it emitted, by event type. */
  readonly outputTypes: Readonly<Record<string, number>>;
  /** How often it raised each alarm; absent where it raised none. */
  readonly alarms?: Readonly<Record<string, number>>;
}

/** Why a pass came to nothing: what can't be handled in one is left to the plain way, which says what becomes of it. */
export type NotFused = "failed" | "held" | "missing_state" | "bounds" | "time";

/** A delivery of an event that the store has: it failed, so that the pass came to nothing. */
export interface PassFailure {
  readonly processor: string;
  readonly failed: FailedAttempt;
}

export type PassResult =
  | {
    readonly kind: "fused";
    readonly outputs: Uint8Array;
    readonly outputTypes: Readonly<Record<string, number>>;
    readonly timers: readonly StoredTimerChange[];
    readonly members: readonly PassMemberResult[];
  }
  | { readonly kind: "not_fused"; readonly reason: NotFused; readonly failure?: PassFailure | undefined };

export type WorkResult = BatchResult | PassResult;

export type FromWorker =
  | { readonly kind: "ready" }
  | {
    readonly kind: "need";
    readonly id: number;
    readonly needs: readonly HistoryNeed[];
    readonly types: readonly string[];
  }
  | {
    readonly kind: "results";
    /** Of the batches that came together, those that lacked nothing; or of the one whose histories came. */
    readonly results: readonly { readonly id: number; readonly result: WorkResult }[];
    readonly heapBytes: number;
  };
