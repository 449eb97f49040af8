/** Where a relay brings events: what each kind of target does, and what it throws. @module */
import type { CloudEvent } from "../../schema/cloudevents/cloud_event.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type { FeedPlace } from "../log_feed.ts";
import type { RelayRecord, TargetProgress } from "./relay_store.ts";

/** An event on its way out: as it is stored, and as much of it as may leave. */
export interface OutgoingEvent {
  readonly stored: StoredEvent;
  readonly shown: CloudEvent;
  /** The place behind it, and behind all before it. */
  readonly place: FeedPlace;
}

/** An event that the target refuses, however often it is sent. */
export interface RefusedEvent {
  readonly event: OutgoingEvent;
  readonly reason: string;
}

/** What became of events that were sent. */
export interface SendResult {
  readonly refused: readonly RefusedEvent[];
  readonly progress?: TargetProgress | undefined;
}

/** How an opened target stands. */
export interface OpenedTarget {
  /** The place behind what it has; undefined where it does not know, and the record counts. */
  readonly place?: FeedPlace | undefined;
  /** Kept before anything is sent: what is sent and never kept is then found. */
  readonly progress?: TargetProgress | undefined;
}

export interface RelayTarget {
  /** Opens it where it stands. Throws as `send`. */
  open(record: Pick<RelayRecord, "place" | "progress">): Promise<OpenedTarget>;
  /**
   * Sends events in their order within each case; resolves when they have arrived. Throws TargetUnavailable where the same may work
   * later, and TargetStopped where it never will.
   */
  send(events: readonly OutgoingEvent[]): Promise<SendResult>;
  close(): Promise<void>;
}

/** The target does not take events now. Some may have arrived. */
export class TargetUnavailable extends Error {
  override name = "TargetUnavailable";
  /** When it asks to be tried again; undefined where it says nothing. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The target takes no events of this relay: it is gone, or is another one's. A person sees to it. */
export class TargetStopped extends Error {
  override name = "TargetStopped";
}
