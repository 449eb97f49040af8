/**
 * What a node knows of the cases it writes to: the last position and version of each, and the ids of its events. What it
 * believes may be stale: the expectation in the write decides, and a conflict makes it look again.
 * @module
 */
import type { Subjects } from "../../../schema/nats.ts";
import type { NatsClient } from "../connection/client.ts";
import { readCaseHistories } from "./case_history.ts";
import { readAllOf } from "../stream/direct_get.ts";
import { envelopeOf, payloadPrefix, type PendingEvent, type StoredMessage } from "../stream/message.ts";
import type { Write } from "../stream/atomic_publish.ts";

/** A case as far as it is known. */
interface CaseHead {
  readonly position: number;
  readonly version: number;
  /** Ids of its events from version `since` on. Few, so that looking through them beats a set. */
  readonly ids: readonly string[];
  readonly since: number;
}

/** An unknown case is assumed to be new; the expectation in the write detects when it is not. */
const NEW_CASE: CaseHead = { position: 0, version: 0, ids: [], since: 1 };

/** A head that grows as its case does. */
interface MutableCaseHead extends CaseHead {
  position: number;
  version: number;
  readonly ids: string[];
}

/** Cases of one generation; two are remembered. (Deleting the first key of a Map again and again is slow.) */
const GENERATION = 25_000;
/** So many cases are read one by one after a conflict. */
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

  /** Whether all is known of a case that was stored when it was last looked at. */
  isComplete(caseId: string): boolean {
    return this.#find(caseId)?.since === 1;
  }

  /** Takes note of an event that was read; it is worth knowing only with what came before it. */
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

  /** Makes sure that all is known of these cases that was stored when they were last looked at. */
  async ensureLoaded(cases: Iterable<string>): Promise<void> {
    await this.refresh([...cases].filter((caseId) => this.head(caseId).since > 1));
  }

  /**
   * Makes sure that all is known of these cases from a version of each on: enough for what follows from that event. One
   * that nobody has told us of is not new, but forgotten.
   */
  async ensureFrom(cases: ReadonlyMap<string, number>): Promise<void> {
    const isKnown = ([caseId, version]: [string, number]) =>
      (this.#find(caseId)?.since ?? Infinity) <= version;
    await this.refresh([...cases].filter((each) => !isKnown(each)).map(([caseId]) => caseId));
  }

  /**
   * Reads these cases after a conflict. A few are read on from where they are known, which is one short answer; when nothing
   * came there, what is known is wrong.
   */
  async refresh(cases: readonly string[]): Promise<void> {
    if (cases.length === 0 || (cases.length <= READ_ONE_BY_ONE && await this.#readFurther(cases))) return;
    const histories = await this.readHistories(cases);
    for (const caseId of cases) this.#replace(caseId, histories.get(caseId) ?? []);
  }

  /** Whether any of these cases, if all of them are known, has gone on. */
  async #readFurther(cases: readonly string[]): Promise<boolean> {
    const places = cases.map((caseId) => this.#find(caseId)).map((head) =>
      head?.since === 1 ? head.position : 0
    );
    if (places.includes(0)) return false;
    const advanced = await Promise.all(cases.map(async (caseId, i) => {
      const filter = this.subjects.case(this.partitionOf(caseId), caseId);
      const found = await readAllOf(this.client, this.stream, filter, places[i]! + 1);
      for (const stored of found) {
        const { version, eventId } = envelopeOf(stored);
        this.observe(caseId, stored.position, version, eventId);
      }
      return this.head(caseId).position > places[i]!;
    }));
    return advanced.includes(true);
  }

  /** The events of cases, all of them. */
  readHistories(cases: readonly string[]): Promise<Map<string, StoredMessage[]>> {
    return readCaseHistories(this, cases);
  }

  #replace(caseId: string, events: readonly StoredMessage[]): void {
    const last = events.at(-1);
    if (last === undefined) return this.#forget(caseId);
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

/** A part of a string keeps the whole of it in memory, here a whole batch: what is kept for long is copied. */
function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}

/** Events with their places in their cases. */
export interface VersionedWrites {
  readonly writes: Write[];
  /** The drafts that are written, and their versions, in the order of the writes. */
  readonly drafts: readonly PendingEvent[];
  readonly versions: readonly number[];
  /** Those whose ids their cases have already. */
  readonly duplicates: readonly PendingEvent[];
}

/** Gives each event that its case does not have yet the next version. The first of a case expects what we know. */
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
  const { partition, type, caseId, eventId } = draft;
  return {
    subject: subjects.event(partition, type, caseId),
    payload: payloadPrefix(version),
    body: draft.body,
    ...(withId ? { id: eventId } : {}),
    ...(last === undefined ? {} : { expect: { filter: subjects.case(partition, caseId), last } }),
  };
}
