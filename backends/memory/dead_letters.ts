/** Dead letters and parked deliveries of the memory backend: what a person sees of parked cases, and does about them. @module */
import type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetters,
  OperatorAction,
  ParkedDeliveries,
  ParkedHead,
} from "../dead_letters.ts";
import { dueNow, type ParkedCase, promoteHead, revive, unpark } from "../settlement/parked_case.ts";
import type { MemoryStore } from "./memory_store.ts";
import { changeStopped, findStopped, firstStopped, stoppedDelivery } from "./stopped_deliveries.ts";

const discarded = (parked: ParkedCase, position: number, now: number) =>
  promoteHead(unpark(parked, position), now);

/** The dead letters of a memory store. */
export class MemoryDeadLetters implements DeadLetters {
  constructor(readonly store: MemoryStore) {}

  list(filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    return Promise.resolve(firstStopped(this.store, "dead", filter).map(stoppedDelivery));
  }

  count(filter: DeadLetterFilter = {}): Promise<number> {
    return Promise.resolve(findStopped(this.store, "dead", filter).length);
  }

  redrive(filter: DeadLetterFilter, by: OperatorAction): Promise<number> {
    return Promise.resolve(changeStopped(this.store, "dead", filter, { act: "redrive", ...by }, revive));
  }

  discard(filter: DeadLetterFilter, by: OperatorAction): Promise<number> {
    return Promise.resolve(changeStopped(this.store, "dead", filter, { act: "discard", ...by }, discarded));
  }
}

/** The parked deliveries of a memory store. */
export class MemoryParked implements ParkedDeliveries {
  constructor(readonly store: MemoryStore) {}

  list(filter: DeadLetterFilter = {}): Promise<ParkedHead[]> {
    return Promise.resolve(
      firstStopped(this.store, "retry", filter).map((found) => ({
        ...stoppedDelivery(found),
        dueAt: new Date(found.delivery.dueAt).toISOString(),
      })),
    );
  }

  count(filter: DeadLetterFilter = {}): Promise<number> {
    return Promise.resolve(findStopped(this.store, "retry", filter).length);
  }

  retry(filter: DeadLetterFilter, by: OperatorAction): Promise<number> {
    return Promise.resolve(changeStopped(this.store, "retry", filter, { act: "retry_now", ...by }, dueNow));
  }
}
