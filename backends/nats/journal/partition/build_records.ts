/** Makes of what is to be written the records that hold it, by where the partition stands. Pure. @module */
import type { EventKind } from "../../../../schema/evolution.ts";
import { EventTooLarge } from "../../connection/errors.ts";
import { type EncodedRecord, encodeRecord } from "../record/encode_record.ts";
import { bytesOfEvent, type VersionedEvent } from "../record/event_lines.ts";
import type { LogState } from "./log_state.ts";
import { MAX_RECORD_BYTES, NO_CHANGES, type RecordChanges, type RecordHead } from "../record/record.ts";
import { RECORD_BOUNDS, sliceToFit } from "../record/slices.ts";

/** What is to be written at once. */
interface RecordContent extends Pick<RecordHead, "nonce" | "epoch" | "kind" | "node" | "released"> {
  /** The present time of the store; no record is before the one in front of it. */
  readonly now: number;
  readonly processors?: RecordHead["processors"];
  readonly changes?: RecordChanges;
  readonly events?: readonly VersionedEvent[];
}

/** Less than this in a record is not tried: what is too large is then one event, or what goes with it. */
const LEAST_BYTES = 4_096;

/** One record, or where that is too large several that are written as one. Throws EventTooLarge for what no record can hold. */
export function buildRecords(
  state: LogState,
  content: RecordContent,
  maxPayload: number,
): EncodedRecord[] {
  for (let bytes = MAX_RECORD_BYTES; bytes >= LEAST_BYTES; bytes /= 2) {
    const records = buildWithin(state, content, bytes);
    if (records.every(({ payload }) => payload.length <= maxPayload)) return records;
  }
  throw new EventTooLarge(
    "An event is too large for this server: make the event smaller, or raise max_payload on the server",
  );
}

function buildWithin(state: LogState, content: RecordContent, bytes: number): EncodedRecord[] {
  const { events = [], processors = [], changes = NO_CHANGES, now, ...head } = content;
  const sizeOf = ({ event }: VersionedEvent) => ({ events: 1, bytes: bytesOfEvent(event) });
  const slices = sliceToFit(events, sizeOf, { ...RECORD_BOUNDS, bytes });
  const parts = slices.length === 0 ? [[]] : slices;
  const before = state.last;
  const recordedAt = Math.max(now, state.recordedAt);
  const counts = { ...state.counts };
  const known = new Set<string>();
  return parts.map((part, i) => {
    const isLast = i === parts.length - 1;
    count(counts, part);
    return encodeRecord({
      head: {
        ...head,
        before,
        recordedAt,
        ...(parts.length === 1 ? {} : { part: [i, parts.length] }),
        processors: isLast ? processors : [],
        kinds: newKinds(state, part, known),
        counts: { ...counts },
      },
      changes: isLast ? changes : NO_CHANGES,
      events: part,
    });
  });
}

function count(counts: Record<string, number>, events: readonly VersionedEvent[]): void {
  for (const { event: { type } } of events) counts[type] = (counts[type] ?? 0) + 1;
}

/** The kinds that the partition has not had before; `known` gets what is found. */
function newKinds(
  state: LogState,
  events: readonly VersionedEvent[],
  known: Set<string>,
): EventKind[] {
  const found: EventKind[] = [];
  for (const { event: { type, schemaVersion: version } } of events) {
    const kind = { type, version };
    if (state.hasKind(kind) || known.has(`${type}@${version}`)) continue;
    known.add(`${type}@${version}`);
    found.push(kind);
  }
  return found;
}
