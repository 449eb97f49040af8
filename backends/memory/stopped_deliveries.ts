/** Deliveries of a memory store behind which a case waits: found, shown, and changed by a person. @module */
import type { DeadLetterFilter, OperatorAction, StoppedDelivery } from "../dead_letters.ts";
import type { ParkedCase, ParkedDelivery } from "../settlement/parked_case.ts";
import { type LogEntry, storedEventOf } from "./event_log.ts";
import type { Subscription } from "./lease_table.ts";
import { type MemoryStore, setParked } from "./memory_store.ts";

const DEFAULT_LIMIT = 100;

/** `dead` waits for a person, `retry` for its time. */
type StoppedState = Exclude<ParkedDelivery["state"], "held">;

interface FoundDelivery {
  readonly subscription: Subscription;
  readonly parked: ParkedCase;
  readonly delivery: ParkedDelivery;
  readonly entry: LogEntry;
}

/** What becomes of the parked case. */
type Change = (parked: ParkedCase, position: number, now: number) => ParkedCase;

/** All in a state that match, by position. */
export function findStopped(
  { leases, log }: MemoryStore,
  state: StoppedState,
  filter: DeadLetterFilter,
): FoundDelivery[] {
  return leases.all().flatMap((subscription) =>
    [...subscription.parked.values()].flatMap((parked) =>
      parked.filter((each) => each.state === state)
        .map((delivery) => ({ subscription, parked, delivery, entry: log.at(delivery.position)! }))
    )
  ).filter((found) => matches(found, filter)).sort((a, b) => a.delivery.position - b.delivery.position);
}

/** The first of them, as many as the filter allows. */
export function firstStopped(
  store: MemoryStore,
  state: StoppedState,
  filter: DeadLetterFilter,
): FoundDelivery[] {
  return findStopped(store, state, filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
}

/** Changes the first of them, each with an entry of the trail. */
export function changeStopped(
  store: MemoryStore,
  state: StoppedState,
  filter: DeadLetterFilter,
  { act, by, why }: OperatorAction & { readonly act: string },
  change: Change,
): number {
  const now = store.clock.now();
  const at = new Date(now).toISOString();
  const chosen = firstStopped(store, state, filter);
  for (const { subscription, entry: { caseId, eventId, position } } of chosen) {
    const { processor, partition, parked } = subscription;
    setParked(subscription, caseId, change(parked.get(caseId)!, position, now));
    store.trail.push({ at, act, by, why, caseId, processor, eventId });
    store.arrived[partition]!.notifyAll();
  }
  return chosen.length;
}

export function stoppedDelivery(
  { subscription: { processor, partition }, parked, delivery, entry }: FoundDelivery,
): StoppedDelivery {
  const { failures, attempts, since } = delivery;
  return {
    processor,
    partition,
    caseId: entry.caseId,
    event: storedEventOf(entry),
    failures: [...failures],
    attempts,
    held: parked.length - 1 - parked.indexOf(delivery),
    since: new Date(since).toISOString(),
  };
}

function matches(
  { subscription, entry }: FoundDelivery,
  { processor, caseId, position }: DeadLetterFilter,
): boolean {
  return (processor === undefined || processor === subscription.processor) &&
    (caseId === undefined || caseId === entry.caseId) &&
    (position === undefined || position === entry.position);
}
