/** Folding a slice of the log into the rows of a read model. Pure. @module */
import type { ModelChange, Row, RowKey, RowWrite, UnreadableEvent } from "../backends/projections.ts";
import { decodeEvent, InvalidEvent } from "../schema/codec.ts";
import type { DecodedEvent, StoredEvent } from "../schema/delivery_line.ts";
import { UnknownKind } from "../schema/evolution.ts";
import { withMoment } from "../schema/time/moment.ts";
import type { AnyProjection } from "./projection.ts";

/**
 * An event as projections get it. `skipped`: it is no event, no processor ever gets anything of it but a dead letter, and no
 * program will read it. `unknown`: it is of a kind that a newer program has a path from, so a projection waits at it.
 */
export type ReadEvent =
  & { readonly stored: StoredEvent }
  & (
    | { readonly kind: "event"; readonly decoded: DecodedEvent }
    | { readonly kind: "skipped" | "unknown"; readonly reason: string }
  );

/** Decodes an event once, for all projections. */
export function readEvent(stored: StoredEvent): ReadEvent {
  if (stored.malformed !== undefined) return { stored, kind: "skipped", reason: stored.malformed.reason };
  const { position, version, recordedAt } = stored;
  try {
    const event = decodeEvent(withMoment(stored.event, recordedAt));
    return { stored, kind: "event", decoded: { event, position, version, recordedAt } };
  } catch (error) {
    if (error instanceof InvalidEvent) return { stored, kind: "skipped", reason: error.message };
    if (error instanceof UnknownKind) return { stored, kind: "unknown", reason: error.message };
    throw error;
  }
}

/** Names a row among those of all partitions. */
export function rowKeyText({ partition, values }: RowKey): string {
  return JSON.stringify([partition, values]);
}

/** The rows that a slice changes. */
export function keysOf(
  projection: AnyProjection,
  partition: number,
  events: readonly ReadEvent[],
): readonly RowKey[] {
  const keys = new Map<string, RowKey>();
  for (const each of events) {
    if (each.kind !== "event") continue;
    const key = { partition, values: projection.keyOf(each.decoded) };
    keys.set(rowKeyText(key), key);
  }
  return [...keys.values()];
}

/** A slice of one partition, and where it begins. */
interface ReadSlice {
  readonly partition: number;
  readonly from: number;
  readonly events: readonly ReadEvent[];
}

/** Folds a slice over the rows there are. It ends at the first event that the projection can't take. */
export function foldSlice(
  projection: AnyProjection,
  { partition, from, events }: ReadSlice,
  before: ReadonlyMap<string, Row>,
): ModelChange {
  const writes = new Map<string, RowWrite>();
  let last: StoredEvent | undefined;
  let held: UnreadableEvent | null = null;
  const skipped: UnreadableEvent[] = [];
  for (const each of events) {
    if (each.kind === "event") held = apply(each.decoded);
    else if (each.kind === "unknown") held = unreadable(each.stored, each.reason);
    else skipped.push(unreadable(each.stored, each.reason));
    if (held !== null) break;
    last = each.stored;
  }
  return {
    ...{ partition, from, held, to: last?.position ?? from, lastEvent: last?.event.event_id ?? null },
    ...{ skipped: skipped.length, lastSkipped: skipped.at(-1) ?? null, writes: [...writes.values()] },
  };

  /** Why the event can't be taken; null when it was. */
  function apply(decoded: DecodedEvent): UnreadableEvent | null {
    try {
      const key = { partition, values: projection.keyOf(decoded) };
      const text = rowKeyText(key);
      const row = writes.has(text) ? writes.get(text)!.row ?? undefined : before.get(text);
      writes.set(text, { ...key, row: projection.project(decoded, row) ?? null });
      return null;
    } catch (error) {
      const { event_id: eventId, event_type: eventType } = decoded.event;
      // The message may hold what the event holds; the class and the event are enough to find the bug.
      return {
        position: decoded.position,
        eventId,
        eventType,
        reason: `the projection failed: ${(error as Error).name}`,
      };
    }
  }
}

function unreadable({ position, event }: StoredEvent, reason: string): UnreadableEvent {
  return { position, eventId: event.event_id, eventType: event.event_type, reason };
}
