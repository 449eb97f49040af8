/**
 * The next record while it is put together: which version each event will have, by what its case has already and by what was
 * added before it. An id that its case has is found by its fingerprint, and confirmed in the record that holds it.
 * @module
 */
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import type { PendingEvent } from "../../stream/message.ts";
import type { HeadIndex, IndexedHead } from "./head_index.ts";
import type { VersionedEvent } from "../record/event_lines.ts";
import type { PartitionLog } from "./partition_log.ts";
import type { LogState } from "./log_state.ts";
import type { ProcessorMove, RecordChanges } from "../record/record.ts";
import { type PlacedEvent, readRecordEvents } from "./case_events.ts";
import { factOf, isSameFact, originIn, storedFactOf } from "./same_fact.ts";
import { hasSameOrigin } from "../../../settlement/redelivered.ts";

/** Records are read whole where they hold several cases: some megabytes each in memory. */
const RECORDS_AT_ONCE = 4;

/** An event that is in the store. */
interface StoredPlace {
  readonly kind: "stored";
  readonly position: number;
  readonly version: number;
  /** It has the content that was asked for. */
  readonly isSame: boolean;
}

/** An event of this plan: the ordinal among its events. */
interface PlannedPlace {
  readonly kind: "planned";
  readonly ordinal: number;
  readonly version: number;
  readonly isSame: boolean;
}

/** A case in the plan. */
interface PlannedCase {
  readonly head: IndexedHead | undefined;
  version: number;
  readonly added: Map<string, { readonly ordinal: number; readonly event: VersionedEvent }>;
  /** Those of its events in the store, by id, that may be among those that were asked for. */
  readonly stored: Map<string, PlacedEvent>;
}

/** What rests on how a processor stands can't stand behind a change of it in the same record: it goes into the next one. */
export class NextRecord extends Error {
  override name = "NextRecord";
}

export class RecordPlan {
  readonly events: VersionedEvent[] = [];
  readonly moves: ProcessorMove[] = [];
  readonly changes: { -readonly [K in keyof RecordChanges]: NonNullable<RecordChanges[K]>[number][] } = {
    timers: [],
    parked: [],
    trail: [],
  };
  readonly #cases = new Map<string, PlannedCase>();
  readonly #claimed = new Set<string>();
  #isClosed = false;

  constructor(
    readonly state: LogState,
    readonly heads: HeadIndex,
    readonly log: Pick<PartitionLog, "readRecord">,
  ) {}

  get isEmpty(): boolean {
    const { timers, parked, trail } = this.changes;
    return [this.events, this.moves, timers, parked, trail].every(({ length }) => length === 0);
  }

  /** What is added now changes these processors, or rests on how they stand. Throws NextRecord where another does so already. */
  claim(...processors: readonly string[]): void {
    if (this.#isClosed || processors.some((name) => this.#claimed.has(name))) throw new NextRecord();
    for (const name of processors) this.#claimed.add(name);
  }

  /** Nothing is added any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Learns the cases of these events, and which of their ids are stored. Called before the others. Throws NextRecord once closed. */
  async load(events: readonly PendingEvent[]): Promise<void> {
    if (this.#isClosed) throw new NextRecord();
    const unknown = new Set(events.map(({ caseId }) => caseId).filter((caseId) => !this.#cases.has(caseId)));
    const waiting: Promise<void>[] = [];
    for (const caseId of unknown) {
      const head = this.heads.find(caseId);
      if (head instanceof Promise) waiting.push(head.then((found) => this.#learn(caseId, found)));
      else this.#learn(caseId, head);
    }
    if (waiting.length > 0) await Promise.all(waiting);
    const doubtful = [...this.#doubtful(events)];
    if (doubtful.length > 0) await mapConcurrently(RECORDS_AT_ONCE, doubtful, (each) => this.#read(...each));
  }

  /** The version that the case has with what was added to it. */
  versionOf(caseId: string): number {
    return this.#cases.get(caseId)?.version ?? 0;
  }

  /** Where an event is already; undefined for one that is new. */
  find(event: PendingEvent): StoredPlace | PlannedPlace | undefined {
    const { added, stored } = this.#cases.get(event.caseId)!;
    const planned = added.get(event.eventId);
    if (planned !== undefined) {
      const isSame = isSameFact(factOf(event), factOf(planned.event.event));
      return { kind: "planned", ordinal: planned.ordinal, version: planned.event.version, isSame };
    }
    const found = stored.get(event.eventId);
    if (found === undefined) return undefined;
    const isSame = isSameFact(factOf(event), storedFactOf(found.event));
    return { kind: "stored", position: found.position, version: found.event.version, isSame };
  }

  /** Whether what is stored under its id was made by the same processor from the same input. */
  isStoredFromSameInput(event: PendingEvent): boolean {
    const found = this.#cases.get(event.caseId)!.stored.get(event.eventId);
    if (found === undefined) return false;
    return hasSameOrigin(originIn(factOf(event).text), originIn(storedFactOf(found.event).text));
  }

  /** Adds a new event behind the others of its case. */
  add(event: PendingEvent): PlannedPlace {
    const its = this.#cases.get(event.caseId)!;
    const versioned = { version: ++its.version, event };
    const ordinal = this.events.push(versioned) - 1;
    its.added.set(event.eventId, { ordinal, event: versioned });
    return { kind: "planned", ordinal, version: its.version, isSame: true };
  }

  #learn(caseId: string, head: IndexedHead | undefined): void {
    this.#cases.set(caseId, { head, version: head?.version ?? 0, added: new Map(), stored: new Map() });
  }

  /** The cases of these events by the records that may hold any of them. */
  #doubtful(events: readonly PendingEvent[]): Map<number, Set<string>> {
    const cases = new Map<number, Set<string>>();
    for (const { caseId, eventId } of events) {
      const { head } = this.#cases.get(caseId)!;
      for (const version of head?.versionsLike(eventId) ?? []) {
        const sequence = head!.sequenceOf(version);
        const its = cases.get(sequence) ?? new Set();
        cases.set(sequence, its.add(caseId));
      }
    }
    return cases;
  }

  /** Reads what a record has of these cases. Cases that came together are read together. */
  async #read(sequence: number, cases: ReadonlySet<string>): Promise<void> {
    const [only] = cases.size === 1 ? cases : [];
    for (const place of await readRecordEvents(this.log, sequence, only)) {
      const { caseId, eventId } = place.event;
      if (cases.has(caseId)) this.#cases.get(caseId)!.stored.set(eventId, place);
    }
  }
}
