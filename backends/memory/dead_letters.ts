/** Dead letters of the memory backend: what a person sees of parked cases, and does about them. @module */
import type { DeadLetter, DeadLetterFilter, DeadLetters, OperatorAction } from "../dead_letters.ts";
import type { Subscription } from "./lease_table.ts";
import { storedEventOf } from "./event_log.ts";
import type { MemoryStore } from "./memory_store.ts";
import { type ParkedCase, type ParkedDelivery, revive, unpark } from "../settlement/parked_case.ts";
import { auditEntry } from "../settlement/plan.ts";

const DEFAULT_LIMIT = 100;

interface Found {
  readonly subscription: Subscription;
  readonly parked: ParkedCase;
  readonly dead: ParkedDelivery;
}

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
    const now = this.store.clock.now();
    return this.#act("redrive", filter, act, (parked, { entry }) => revive(parked, entry, now));
  }

  discard(filter: DeadLetterFilter, act: OperatorAction): Promise<number> {
    return this.#act("discard", filter, act, (parked, { entry }) => unpark(parked, entry));
  }

  #act(
    name: string,
    filter: DeadLetterFilter,
    act: OperatorAction,
    change: (parked: ParkedCase, dead: ParkedDelivery) => ParkedCase,
  ): Promise<number> {
    const chosen = this.#find(filter).slice(0, filter.limit ?? DEFAULT_LIMIT);
    for (const { subscription: { processor, partition, parked }, dead } of chosen) {
      const { caseId } = dead.entry;
      const after = change(parked.get(caseId)!, dead);
      if (after.length === 0) parked.delete(caseId);
      else parked.set(caseId, after);
      this.store.trail.push(auditEntry(name, act, processor, dead.entry, this.store.clock.now()));
      this.store.arrived[partition]!.notifyAll();
    }
    return Promise.resolve(chosen.length);
  }

  #find(filter: DeadLetterFilter): Found[] {
    return this.store.leases.all().flatMap(deadOf).filter((found) => matches(found, filter))
      .sort((a, b) => a.dead.entry.position - b.dead.entry.position);
  }
}

function deadOf(subscription: Subscription): Found[] {
  return [...subscription.parked.values()].flatMap((parked) =>
    parked.filter(({ state }) => state === "dead").map((dead) => ({ subscription, parked, dead }))
  );
}

function matches({ subscription, dead }: Found, { processor, caseId, position }: DeadLetterFilter): boolean {
  return (processor === undefined || processor === subscription.processor) &&
    (caseId === undefined || caseId === dead.entry.caseId) &&
    (position === undefined || position === dead.entry.position);
}

function deadLetter({ subscription: { processor, partition }, parked, dead }: Found): DeadLetter {
  const { entry, failures, attempts, since } = dead;
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
