/**
 * What a node knows of the cases it writes to: the last position and version of each, and the ids of its events. What it
 * believes may be stale: the expectation in the write decides, and a conflict makes it look again.
 * @module
 */
import type { Subjects } from "../../schema/nats.ts";
import type { NatsClient } from "./client.ts";
import { readWhole } from "./direct.ts";
import { type Draft, envelopeOf, payloadOf, type Stored } from "./message.ts";
import type { Write } from "./atomic_batch.ts";

/** A case as far as it is known. */
export interface CaseHead {
  readonly position: number;
  readonly version: number;
  /** Ids of its events: all of them when `whole`. */
  readonly ids: ReadonlySet<string>;
  readonly whole: boolean;
}

/** A case that nobody has told us of is taken for new. */
export const NEW_CASE: CaseHead = { position: 0, version: 0, ids: new Set(), whole: true };

const KNOWN_CASES = 50_000;
const LOADS_AT_ONCE = 64;

export class CaseBook {
  readonly #heads = new Map<string, CaseHead>();

  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly subjects: Subjects,
    readonly partitionOf: (caseId: string) => number,
  ) {}

  head(caseId: string): CaseHead {
    return this.#heads.get(caseId) ?? NEW_CASE;
  }

  /** Takes note of an event that was read; it is worth knowing only with what came before it. */
  saw(caseId: string, position: number, version: number, eventId: string): void {
    const known = this.#heads.get(caseId) ?? (version === 1 ? NEW_CASE : undefined);
    if (known !== undefined && version <= known.version) return;
    const follows = known !== undefined && version === known.version + 1;
    const ids = new Set(known?.ids).add(eventId);
    this.#put(caseId, { position, version, ids, whole: follows && known.whole });
  }

  /** Makes sure that all is known of these cases that was stored when they were last looked at. */
  async know(cases: Iterable<string>): Promise<void> {
    await this.reload([...cases].filter((caseId) => !this.head(caseId).whole));
  }

  /** Reads these cases. */
  async reload(cases: readonly string[]): Promise<void> {
    let next = 0;
    const load = async () => {
      while (next < cases.length) await this.#load(cases[next++]!);
    };
    await Promise.all(Array.from({ length: Math.min(LOADS_AT_ONCE, cases.length) }, load));
  }

  /** The events of a case, all of them. */
  async read(caseId: string): Promise<Stored[]> {
    return await readWhole(this.client, this.stream, this.subjects.case(this.partitionOf(caseId), caseId));
  }

  async #load(caseId: string): Promise<void> {
    const events = await this.read(caseId);
    const last = events.at(-1);
    if (last === undefined) return void this.#heads.delete(caseId);
    const envelopes = events.map(envelopeOf);
    const ids = new Set(envelopes.map(({ eventId }) => eventId));
    this.#put(caseId, { position: last.position, version: envelopes.at(-1)!.version, ids, whole: true });
  }

  #put(caseId: string, head: CaseHead): void {
    this.#heads.delete(caseId);
    this.#heads.set(caseId, head);
    if (this.#heads.size > KNOWN_CASES) this.#heads.delete(this.#heads.keys().next().value!);
  }
}

/** Events with their places in their cases. */
export interface Placed {
  readonly writes: Write[];
  /** The drafts that are written, and their versions, in the order of the writes. */
  readonly drafts: readonly Draft[];
  readonly versions: readonly number[];
  /** Those whose ids their cases have already. */
  readonly known: readonly Draft[];
}

/** Gives each event that its case does not have yet the next version. The first of a case expects what we know. */
export function placeEvents(
  drafts: readonly Draft[],
  headOf: (caseId: string) => CaseHead,
  subjects: Subjects,
  withIds: boolean,
): Placed {
  const versions = new Map<string, number>();
  const seen = new Set<string>();
  const placed = {
    writes: [] as Write[],
    drafts: [] as Draft[],
    versions: [] as number[],
    known: [] as Draft[],
  };
  for (const draft of drafts) {
    const head = headOf(draft.caseId);
    if (head.ids.has(draft.eventId) || seen.has(draft.eventId)) {
      placed.known.push(draft);
      continue;
    }
    seen.add(draft.eventId);
    const before = versions.get(draft.caseId);
    const version = (before ?? head.version) + 1;
    versions.set(draft.caseId, version);
    placed.drafts.push(draft);
    placed.versions.push(version);
    placed.writes.push({
      subject: subjects.event(draft.partition, draft.type, draft.caseId),
      payload: payloadOf(draft, version),
      ...(withIds ? { id: draft.eventId } : {}),
      ...(before === undefined
        ? { expect: { filter: subjects.case(draft.partition, draft.caseId), last: head.position } }
        : {}),
    });
  }
  return placed;
}
