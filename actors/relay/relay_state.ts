/** What becomes of the record of a relay: decisions without effects. Pure. @module */
import { type FeedPlace, placeBefore } from "../../backends/log_feed.ts";
import type { RelayLetter, RelayRecord, TargetProgress } from "../../backends/relay/relay_store.ts";
import type { OutgoingEvent, RefusedEvent } from "../../backends/relay/target.ts";

/** So many dead letters say that the target is at fault, and not its events. */
const MOST_LETTERS = 200;

/** A relay that was never run. */
export function newRelay(to: string, fromPosition: number, partitions: number): RelayRecord {
  return {
    ...{ to, state: "running", why: null, progress: null, delivered: 0, letters: [], isRetrying: false },
    ...{ place: placeBefore(fromPosition, partitions), owner: null, epoch: 0, at: new Date(0).toISOString() },
  };
}

/** Its record under another owner. */
export function takenOver(record: RelayRecord, owner: string): RelayRecord {
  return { ...record, owner, epoch: record.epoch + 1 };
}

/** What was sent, and what became of it. */
interface RelayAdvance {
  readonly place: FeedPlace;
  readonly delivered: number;
  readonly refused: readonly RelayLetter[];
  readonly progress: TargetProgress | null;
}

/** The record behind what was sent. */
export function advanced(
  record: RelayRecord,
  { place, delivered, refused, progress }: RelayAdvance,
): RelayRecord {
  const letters = [...record.letters, ...refused].sort((a, b) => a.position - b.position);
  const moved = { ...record, place, letters, progress, delivered: record.delivered + delivered };
  return letters.length <= MOST_LETTERS
    ? moved
    : stopped(moved, `it has more than ${MOST_LETTERS} dead letters`);
}

export function stopped(record: RelayRecord, why: string): RelayRecord {
  return { ...record, state: "stopped", why };
}

/** From a position on anew: whoever runs it has lost it. Dead letters before that stay. */
export function rewound(record: RelayRecord, fromPosition: number): RelayRecord {
  return {
    ...record,
    place: placeBefore(fromPosition, record.place.length),
    progress: null,
    letters: record.letters.filter(({ position }) => position < fromPosition),
    owner: null,
    epoch: record.epoch + 1,
  };
}

/** Events whose case waits behind a dead letter become dead letters too: nothing overtakes within a case. */
export function splitHeld(
  events: readonly OutgoingEvent[],
  letters: readonly RelayLetter[],
): { readonly held: readonly RefusedEvent[]; readonly free: readonly OutgoingEvent[] } {
  const cases = new Set(letters.map(({ caseId }) => caseId));
  const isHeld = ({ stored }: OutgoingEvent) => cases.has(stored.event.correlation_id);
  const reason = "waits behind another one of its case";
  return {
    held: events.filter(isHeld).map((event) => ({ event, reason })),
    free: events.filter((event) => !isHeld(event)),
  };
}

/** A refused event as it is kept: without its data. */
export function letterOf({ event: { stored }, reason }: RefusedEvent): RelayLetter {
  const { position, event } = stored;
  const { event_id: eventId, correlation_id: caseId, event_type: eventType } = event;
  return { position, eventId, caseId, eventType, reason };
}

/** The later of two places, in each partition. */
export function laterPlace(one: FeedPlace, other: FeedPlace): FeedPlace {
  return one.map((position, partition) => Math.max(position, other[partition] ?? 0));
}

/** True where something was relayed that the log does not have: it was restored from an older backup. */
export function isAhead(place: FeedPlace, lastPosition: number): boolean {
  return place.some((position) => position > lastPosition);
}
