/**
 * A cache of the cases that a node writes to: the last position and version of each, and the ids of its events. An entry may
 * be stale: the expectation in the write detects that, and the conflict makes the node read the case again.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import type { NatsClient } from "../connection/client.ts";
import { readCaseHistories } from "./case_history.ts";
import { readAllOf, type StreamMessage } from "../stream/direct_get.ts";
import {
  envelopeOf,
  isEvent,
  payloadPrefix,
  type PendingEvent,
  type StoredMessage,
} from "../stream/message.ts";
import type { Write } from "../stream/atomic_publish.ts";

/** The known part of a case. */
interface CaseHead {
  readonly position: number;
  readonly version: number;
  /** Ids of its events from version `since` on. They are few, so searching the list beats a set. */
  readonly ids: readonly string[];
  readonly since: number;
}

/** An unknown case is assumed to be new; the expectation in the write detects when it is not. */
const NEW_CASE: CaseHead = { position: 0, version: 0, ids: [], since: 1 };

/** A head that grows with its case. */
interface MutableCaseHead extends CaseHead {
  position: number;
  version: number;
  readonly ids: string[];
}

/** Cases of a generation; two generations are kept. Evicting the first key of a Map one by one is slow. */
const GENERATION = 25_000;
/** After a conflict, up to this many cases are read one by one. */
const READ_ONE_BY_ONE = 8;

export class CaseHeadCache {
  #young = new Map<string, MutableCaseHead>();
  #old = new Map<string, MutableCaseHead>();

  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly subjects: Subjects,
    readonly partitionOf: (caseId: string) => number,
  ) {}

  head(caseId: string): CaseHead {
    return this.#find(caseId) ?? NEW_CASE;
  }

  /** True when the cache has all events of a case that were stored when it was last read. */
  isComplete(caseId: string): boolean {
    return this.#find(caseId)?.since === 1;
  }

  /** Adds an event that was read or written, in the order of versions. */
  observe(caseId: string, position: number, version: number, eventId: string): void {
    const known = this.#find(caseId);
    if (known !== undefined && version <= known.version) return;
    if (known !== undefined && version === known.version + 1) {
      known.position = position;
      known.version = version;
      known.ids.push(ownCopy(eventId));
    } else {
      this.#put(ownCopy(caseId), { position, version, ids: [ownCopy(eventId)], since: version });
    }
  }

  /** What is no event takes no version, and the next event of its case is written behind it. */
  observeMalformed(caseId: string, position: number): void {
    const known = this.#find(caseId);
    if (known !== undefined) known.position = Math.max(known.position, position);
  }

  /** Loads the cases of which earlier events are unknown. */
  async ensureLoaded(cases: Iterable<string>): Promise<void> {
    await this.refresh([...cases].filter((caseId) => this.head(caseId).since > 1));
  }

  /** Loads the cases whose events are not known from the given version on. A case that is missing was evicted: it is not new. */
  async ensureFrom(cases: ReadonlyMap<string, number>): Promise<void> {
    const isKnown = ([caseId, version]: [string, number]) =>
      (this.#find(caseId)?.since ?? Infinity) <= version;
    await this.refresh([...cases].filter((each) => !isKnown(each)).map(([caseId]) => caseId));
  }

  /** Reads these cases after a conflict. A few are read on from their known position; where nothing is found there, they are reloaded. */
  async refresh(cases: readonly string[]): Promise<void> {
    if (cases.length === 0 || (cases.length <= READ_ONE_BY_ONE && await this.#readFurther(cases))) return;
    const histories = await this.readHistories(cases);
    for (const caseId of cases) this.#replace(caseId, histories.get(caseId) ?? []);
  }

  /** Reads on from the known positions; true when all cases were known and any of them has new events. */
  async #readFurther(cases: readonly string[]): Promise<boolean> {
    const places = cases.map((caseId) => this.#find(caseId)).map((head) =>
      head?.since === 1 ? head.position : 0
    );
    if (places.includes(0)) return false;
    const advanced = await Promise.all(cases.map(async (caseId, i) => {
      const filter = this.subjects.case(this.partitionOf(caseId), caseId);
      const found = await readAllOf(this.client, this.stream, filter, places[i]! + 1);
      for (const stored of found) this.#observe(caseId, stored);
      return this.head(caseId).position > places[i]!;
    }));
    return advanced.includes(true);
  }

  #observe(caseId: string, stored: StoredMessage): void {
    if (!isEvent(stored)) return this.observeMalformed(caseId, stored.position);
    const { version, eventId } = envelopeOf(stored);
    this.observe(caseId, stored.position, version, eventId);
  }

  /** Everything in these cases. */
  readHistories(cases: readonly string[]): Promise<Map<string, StreamMessage[]>> {
    return readCaseHistories(this, cases);
  }

  #replace(caseId: string, messages: readonly StoredMessage[]): void {
    const last = messages.at(-1);
    if (last === undefined) return this.#forget(caseId);
    const events = messages.filter(isEvent);
    const ids = events.map((event) => ownCopy(envelopeOf(event).eventId));
    this.#put(ownCopy(caseId), { position: last.position, version: events.length, ids, since: 1 });
  }

  #find(caseId: string): MutableCaseHead | undefined {
    const young = this.#young.get(caseId);
    if (young !== undefined) return young;
    const old = this.#old.get(caseId);
    if (old !== undefined) this.#put(caseId, old);
    return old;
  }

  #put(caseId: string, head: MutableCaseHead): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(caseId, head);
  }

  #forget(caseId: string): void {
    this.#young.delete(caseId);
    this.#old.delete(caseId);
  }
}

/** A copy of a string. A substring would keep the whole batch it was cut from in memory. */
function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}

/** Events with their versions. */
export interface VersionedWrites {
  readonly writes: Write[];
  /** The events that are written, and their versions, in the order of the writes. */
  readonly drafts: readonly PendingEvent[];
  readonly versions: readonly number[];
  /** The events whose ids their cases have already. */
  readonly duplicates: readonly PendingEvent[];
}

/** Gives each new event the next version of its case. The first event of each case carries the expectation. */
export function assignVersions(
  drafts: readonly PendingEvent[],
  headOf: (caseId: string) => CaseHead,
  subjects: Subjects,
  withIds: boolean,
): VersionedWrites {
  const seen = new Map<string, { version: number; ids: string[] }>();
  const result = {
    writes: [] as Write[],
    drafts: [] as PendingEvent[],
    versions: [] as number[],
    duplicates: [] as PendingEvent[],
  };
  for (const draft of drafts) {
    const head = headOf(draft.caseId);
    const before = seen.get(draft.caseId);
    if (head.ids.includes(draft.eventId) || before?.ids.includes(draft.eventId)) {
      result.duplicates.push(draft);
      continue;
    }
    const version = (before?.version ?? head.version) + 1;
    if (before === undefined) seen.set(draft.caseId, { version, ids: [draft.eventId] });
    else {
      before.version = version;
      before.ids.push(draft.eventId);
    }
    result.drafts.push(draft);
    result.versions.push(version);
    result.writes.push(
      writeOf(draft, version, before === undefined ? head.position : undefined, subjects, withIds),
    );
  }
  return result;
}

function writeOf(
  draft: PendingEvent,
  version: number,
  last: number | undefined,
  subjects: Subjects,
  withId: boolean,
): Write {
  const { partition, type, caseId, eventId, traceparent } = draft;
  return {
    subject: subjects.event(partition, type, caseId),
    payload: payloadPrefix(version),
    body: draft.body,
    ...(withId ? { id: eventId } : {}),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(last === undefined ? {} : { expect: { filter: subjects.case(partition, caseId), last } }),
  };
}
