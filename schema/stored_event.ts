/** Events as a store holds them, and the one-line form in which they travel as bytes. @module */
import type { CaseEvent, WireEvent } from "./events.ts";

/** Where and when a store put an event. */
export interface Placement {
  /** Strictly increasing within a partition; the cursor of mailboxes and replays. */
  readonly position: number;
  /** 1 for the first event of a case, then one more each: the version of the case after this event. */
  readonly version: number;
  /** By the store's clock, in milliseconds since 1970. */
  readonly recordedAt: number;
}

/** A fact in the store, undecoded. */
export interface StoredEvent extends Placement {
  readonly event: WireEvent;
}

/** A fact in the store, upcast to the current version and decoded. */
export interface DecodedEvent<E extends CaseEvent = CaseEvent> extends Placement {
  readonly event: E;
}

/**
 * One delivery as a line of JSON: `[position, version, attempt, held, recorded_at in ms, event]`.
 * `attempt` counts from 1; `held` is 1 when an earlier delivery of the case is parked, so that this one must wait.
 * Stores write these lines, workers read them; the supervisor's thread only passes them on.
 */
export type DeliveryLine = [
  position: number,
  version: number,
  attempt: number,
  held: 0 | 1,
  recordedAt: number,
  event: WireEvent,
];

/** Reads one delivery line. Times come out as UTC in milliseconds, whatever form the store gave them. */
export function parseLine(line: string): DeliveryLine {
  const parsed = JSON.parse(line) as DeliveryLine;
  const event = parsed[5];
  event.timestamp = new Date(event.timestamp).toISOString();
  return parsed;
}

/** Reads one delivery line as a stored event. */
export function parseStoredLine(line: string): StoredEvent {
  const [position, version, , , recordedAt, event] = parseLine(line);
  return { position, version, recordedAt, event };
}

/** An event on its way into a store, with what the store needs to know of it without reading its data. */
export interface StoreRow extends WireEvent {
  readonly case_id: string;
  readonly partition: number;
}

/** The row of an event. */
export function toStoreRow(event: WireEvent, partition: number): StoreRow {
  return { partition, case_id: event.correlation_id, ...event };
}
