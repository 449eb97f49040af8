/** Dead letters of the memory backend: what a person sees of parked cases, and does about them. @module */
import type { DeadLetter, DeadLetterFilter, DeadLetters, OperatorAction } from "../dead_letters.ts";
import type { Subscription } from "./lease_table.ts";
import { type LogEntry, storedEventOf } from "./event_log.ts";
import { type MemoryStore, setParked } from "./memory_store.ts";
import {
  type ParkedCase,
  type ParkedDelivery,
  promoteHead,
  revive,
  unpark,
} from "../settlement/parked_case.ts";

const DEFAULT_LIMIT = 100;

interface FoundDeadLetter {
  readonly subscription: Subscription;
  readonly parked: ParkedCase;
  readonly dead: ParkedDelivery;
  readonly entry: LogEntry;
}

/** What becomes of the parked case of a dead letter. */
type Change = (parked: ParkedCase, position: number, now: number) => ParkedCase;

const discarded: Change = (parked, position, now) => promoteHead(unpark(parked, position), now);

/** The dead letters of a memory store. */
export class MemoryDeadLetters implements DeadLetters {
  constructor(readonly store: MemoryStore) {}

  list(filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    return Promise.resolve(this.#find(filter).slice(0, filter.limit ?? DEFAULT_LIMIT).map(deadLetter));
  }

  count(filter: DeadLetterFilter = {}): Promise<number> {
    return Promise.resolve(this.#find(filter).length);
  }

  redrive(filter: DeadLetterFilter, act: OperatorAction): Promise<number> {
    return this.#act("redrive", filter, act, revive);
  }

  discard(filter: DeadLetterFilter, act: OperatorAction): Promise<number> {
    return this.#act("discard", filter, act, discarded);
  }

  #act(act: string, filter: DeadLetterFilter, { by, why }: OperatorAction, change: Change): Promise<number> {
    const now = this.store.clock.now();
    const at = new Date(now).toISOString();
    const chosen = this.#find(filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
    for (const { subscription, entry: { caseId, eventId, position } } of chosen) {
      const { processor, partition, parked } = subscription;
      setParked(subscription, caseId, change(parked.get(caseId)!, position, now));
      this.store.trail.push({ at, act, by, why, caseId, processor, eventId });
      this.store.arrived[partition]!.notifyAll();
    }
    return Promise.resolve(chosen.length);
  }

  #find(filter: DeadLetterFilter): FoundDeadLetter[] {
    return this.store.leases.all().flatMap((each) => this.#deadOf(each)).filter((found) =>
      matches(found, filter)
    )
      .sort((a, b) => a.dead.position - b.dead.position);
  }

  #deadOf(subscription: Subscription): FoundDeadLetter[] {
    return [...subscription.parked.values()].flatMap((parked) =>
      parked.filter(({ state }) => state === "dead")
        .map((dead) => ({ subscription, parked, dead, entry: this.store.log.at(dead.position)! }))
    );
  }
}

function matches(
  { subscription, entry }: FoundDeadLetter,
  { processor, caseId, position }: DeadLetterFilter,
): boolean {
  return (processor === undefined || processor === subscription.processor) &&
    (caseId === undefined || caseId === entry.caseId) &&
    (position === undefined || position === entry.position);
}

function deadLetter(
  { subscription: { processor, partition }, parked, dead, entry }: FoundDeadLetter,
): DeadLetter {
  const { failures, attempts, since } = dead;
  return {
    processor,
    partition,
    caseId: entry.caseId,
    event: storedEventOf(entry),
    failures: [...failures],
    attempts,
    held: parked.length - 1 - parked.indexOf(dead),
    since: new Date(since).toISOString(),
  };
}
