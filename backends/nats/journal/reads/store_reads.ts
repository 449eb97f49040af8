/** What a store of records answers to those who read it. @module */
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import type { EventKind } from "../../../../schema/evolution.ts";
import type { CaseSummary, ListOptions } from "../../../backend.ts";
import type { AuditEntry, DeadLetter, DeadLetterFilter, ParkedHead } from "../../../dead_letters.ts";
import type { ReplayRange } from "../../../event_store.ts";
import { eventPosition, MAX_RECORD_EVENTS } from "../record/record.ts";
import { storedKinds } from "./all_views.ts";
import { trailOf } from "./case_trail.ts";
import { countStopped, findStopped, listDeadLetters, listParked, type StoppedState } from "./dead_letters.ts";
import { StoredCounts } from "./event_counts.ts";
import { casesByChange } from "./list_cases.ts";
import type { LogReads } from "./log_reads.ts";
import { RefusalCount } from "./refusal_count.ts";
import { eventsIn, eventsOfCase } from "./read_events.ts";

/** Each method reads what was stored by the time of its call, whoever wrote it, and throws BackendUnavailable. */
export class StoreReads {
  readonly #counts: StoredCounts;
  readonly #refusals: RefusalCount;

  constructor(readonly reads: LogReads) {
    this.#counts = new StoredCounts(reads);
    this.#refusals = new RefusalCount(reads);
  }

  readCase(caseId: string): AsyncIterable<StoredEvent> {
    return eventsOfCase(this.reads, caseId);
  }

  /** The last position that may be taken; 0 in an empty store. */
  async lastPosition(): Promise<number> {
    const last = await this.reads.log.last();
    return last === 0 ? 0 : eventPosition(last, MAX_RECORD_EVENTS - 1);
  }

  readAll(range?: ReplayRange): AsyncIterable<StoredEvent> {
    return eventsIn(this.reads, range);
  }

  listCases(options?: ListOptions): Promise<CaseSummary[]> {
    return casesByChange(this.reads, options);
  }

  audit(caseId: string): Promise<AuditEntry[]> {
    return trailOf(this.reads, caseId);
  }

  storedKinds(): Promise<EventKind[]> {
    return storedKinds(this.reads);
  }

  /** Events by type that were stored since the first call. */
  storedCounts(): Promise<ReadonlyMap<string, number>> {
    return this.#counts.read();
  }

  /** What was not allowed since the first call. */
  refusalCount(): Promise<number> {
    return this.#refusals.read();
  }

  listDeadLetters(filter?: DeadLetterFilter): Promise<DeadLetter[]> {
    return listDeadLetters(this.reads, filter);
  }

  /** Deliveries that are tried again, each with when. */
  listParked(filter?: DeadLetterFilter): Promise<ParkedHead[]> {
    return listParked(this.reads, filter);
  }

  countStopped(state: StoppedState, filter?: DeadLetterFilter): Promise<number> {
    return countStopped(this.reads, state, filter);
  }

  /** What an act with this filter concerns, oldest first. */
  findStopped(state: StoppedState, filter: DeadLetterFilter): ReturnType<typeof findStopped> {
    return findStopped(this.reads, state, filter);
  }
}
