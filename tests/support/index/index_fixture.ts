/** A store of the index, its log, and the owner of its only partition; and what may happen to them. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { KeyHasher } from "../../../backends/nats/index/entry/key.ts";
import { IndexFenced, PartitionIndex } from "../../../backends/nats/index/partition_index.ts";
import type {
  LogRecord,
  RecordChanges,
  RecordEvent,
  StoredRecord,
} from "../../../backends/nats/journal/record/record.ts";
import { aHead } from "../nats_log/records.ts";
import { assertCase, MemoryLog } from "./index_model.ts";
import { MemoryIndexStore, type StoredCopy } from "./memory_index_store.ts";

type Timer = RecordChanges["timers"][number];

/** Small enough that a history of a few records has levels, merges and timers that are not in memory. */
const LIMITS = {
  levelEntries: 6,
  levelBytes: 10_000,
  mergedRuns: 3,
  blockBytes: 200,
  nearTimers: 3,
  nearMs: 40,
};
const SECRET = new TextEncoder().encode("a secret of a store");
export const CASES = ["case-a", "case-b", "case-c", "case-d", "case-e", "case-f", "case-g", "case-h"];
const TYPES = ["case.intake", "case.analysis", "case.decision"];
const PROCESSORS = ["one", "two"];

/** A record's share of a case: which case, and how many events. */
interface CaseEvents {
  readonly of: number;
  readonly events: number;
}

interface AppendStep {
  readonly kind: "append";
  readonly cases: readonly CaseEvents[];
  readonly timers: readonly { readonly of: number; readonly dueIn: number }[];
  readonly parked: readonly { readonly of: number; readonly waiting: number }[];
  readonly trail: readonly number[];
}

type WriteKind = "flush" | "merge" | "maintain" | "rebuild";

export type Step =
  | AppendStep
  | { readonly kind: WriteKind; readonly isAwaited: boolean }
  | { readonly kind: "crash"; readonly isAlive: boolean }
  | { readonly kind: "filters" | "fire" | "remember" }
  | { readonly kind: "find" | "read"; readonly of: number }
  | { readonly kind: "again"; readonly back: number }
  | { readonly kind: "fail"; readonly after: number; readonly losesAnswer: boolean }
  | { readonly kind: "power"; readonly lost: number; readonly storeToo: boolean };

const caseNumber = fc.nat({ max: CASES.length - 1 });
const eventCount = fc.oneof(
  { weight: 100, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(255, 256, 257, 600) },
);
const ofCase = { selector: ({ of }: { of: number }) => of };
const append: fc.Arbitrary<AppendStep> = fc.record({
  kind: fc.constant("append" as const),
  cases: fc.uniqueArray(fc.record({ of: caseNumber, events: eventCount }), {
    minLength: 1,
    maxLength: 4,
    ...ofCase,
  }),
  timers: fc.array(fc.record({ of: caseNumber, dueIn: fc.integer({ min: -1, max: 100 }) }), { maxLength: 3 }),
  parked: fc.uniqueArray(fc.record({ of: caseNumber, waiting: fc.nat({ max: 1 }) }), {
    maxLength: 2,
    ...ofCase,
  }),
  trail: fc.uniqueArray(caseNumber, { maxLength: 1 }),
});

/** What happens to an index. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: append },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("flush" as const, "maintain", "maintain", "merge", "rebuild"),
      isAwaited: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("filters" as const, "fire", "remember") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), isAlive: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("find" as const, "read"), of: caseNumber }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("again" as const), back: fc.nat({ max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fail" as const), after: fc.nat(4), losesAnswer: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("power" as const), lost: fc.nat(5), storeToo: fc.boolean() }),
  },
);

/** So many parked deliveries. */
export function waitingOf(count: number, position = 1): RecordChanges["parked"][number]["waiting"] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ position: position + i, eventId: "e", state: "held", attempts: 0, failures: [], dueAt: 0, since: 0 },
  }));
}

export class IndexFixture {
  readonly log = new MemoryLog();
  readonly store = new MemoryIndexStore();
  readonly hasher: KeyHasher;
  index!: PartitionIndex;
  epoch = 0;
  #nonce = 0;
  #now = 1_000;
  #remembered: StoredCopy = [];
  #reader: PartitionIndex | undefined;
  /** Writes under way, of this owner and of those before. */
  readonly #writes: Promise<void>[] = [];

  constructor(fingerprintBits = 32) {
    this.hasher = new KeyHasher(SECRET, fingerprintBits);
  }

  /** An index as it is opened with what is stored. */
  open(writes = true): Promise<PartitionIndex> {
    const { store, log, hasher } = this;
    return PartitionIndex.open({ store, log, hasher, writes, limits: LIMITS });
  }

  /** Another owner, which knows only what is stored. */
  async takeOver(): Promise<void> {
    this.store.failAfter = Infinity;
    this.index = await this.open();
    await this.index.claim(++this.epoch);
  }

  /** A record in the log, and in the index. */
  append(cases: readonly CaseEvents[], more: Partial<RecordChanges> = {}): StoredRecord<LogRecord> {
    const { model, lastSequence } = this.log;
    const sequence = lastSequence + 1 + this.#nonce % 3;
    const nonce = `nonce-${++this.#nonce}`;
    const events = cases.flatMap(({ of, events }) => {
      const caseId = CASES[of]!;
      const version = (model.cases.get(caseId)?.version ?? 0) + 1;
      return Array.from({ length: events }, (_, i) => this.#event(caseId, version + i));
    });
    const counts = { ...model.counts };
    for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
    const move = { name: PROCESSORS[this.#nonce % 2]!, from: 0, to: this.#nonce, epoch: this.epoch };
    const head = aHead({ nonce, epoch: this.epoch, recordedAt: this.#now++, processors: [move], counts });
    const changes = { timers: [], parked: [], trail: [], ...more };
    const stored = { sequence, record: { kind: "record", head, changes, events } as const };
    this.log.append(stored);
    this.index.absorb(stored);
    return stored;
  }

  #event(caseId: string, version: number): RecordEvent {
    const type = TYPES[(version + this.#nonce) % TYPES.length]!;
    const eventId = `${caseId}-${version}-${this.#nonce}`;
    return { index: version, version, eventId, type, caseId, rest: new Uint8Array(50) };
  }

  async run(step: Step): Promise<void> {
    switch (step.kind) {
      case "append":
        return void this.append(step.cases, this.#moreOf(step));
      case "find":
        return await assertCase(this.index, this.log, CASES[step.of]!);
      case "read":
        return await this.#read(CASES[step.of]!);
      case "again":
        return this.log.records.slice(-1 - step.back).forEach((record) => this.index.absorb(record));
      case "crash":
        if (!step.isAlive) await this.written();
        return await this.takeOver();
      case "remember":
        return void (this.#remembered = this.store.copy());
      case "fire":
        return await this.#fire();
      case "filters":
        return await this.index.loadFilters();
      case "power":
        return await this.#losePower(step);
      case "fail":
        return void Object.assign(this.store, { failAfter: step.after, losesAnswer: step.losesAnswer });
      default:
        this.#writes.push(this.#write(this.index, step.kind));
        if (step.isAwaited) await this.written();
    }
  }

  /** Resolves when nothing is being written. */
  async written(): Promise<void> {
    await Promise.all(this.#writes.splice(0));
  }

  /** Writes, and after a failure again. An owner of before is fenced. */
  async #write(index: PartitionIndex, kind: WriteKind): Promise<void> {
    for (;;) {
      try {
        return await index[kind]();
      } catch (error) {
        if (error instanceof IndexFenced && index !== this.index) return;
        if (!(error instanceof BackendUnavailable)) throw error;
        this.store.failAfter = Infinity;
      }
    }
  }

  /** Another node, which reads on in the log, and whose manifest may be an old one. */
  async #read(caseId: string): Promise<void> {
    this.#reader ??= await this.open(false);
    for await (const record of this.log.recordsBehind(this.#reader.state.last)) {
      this.#reader.absorb(record);
    }
    await assertCase(this.#reader, this.log, caseId);
  }

  /** Timers, and parked cases and trail of cases that exist. */
  #moreOf({ cases, timers, parked, trail }: AppendStep): Partial<RecordChanges> {
    const { cases: known } = this.log.model;
    const exists = (of: number) => known.has(CASES[of]!) || cases.some((each) => each.of === of);
    return {
      timers: timers.map(({ of, dueIn }) => this.#timer(of, dueIn < 0 ? undefined : this.#now + dueIn)),
      parked: parked.filter(({ of }) => exists(of)).map(({ of, waiting }) => {
        return { processor: PROCESSORS[of % 2]!, caseId: CASES[of]!, waiting: waitingOf(waiting, this.#now) };
      }),
      trail: trail.filter(exists).map((of) => ({ at: "", act: "park", by: "", why: "", caseId: CASES[of]! })),
    };
  }

  #timer(of: number, dueAt: number | undefined): Timer {
    const named = { processor: "one", caseId: CASES[of]!, name: "reminder" };
    if (dueAt === undefined) return { kind: "cancel", ...named };
    return { kind: "set", ...named, at: new Date(dueAt).toISOString(), row: "" };
  }

  /** The owner fires the first timers that are due. */
  async #fire(): Promise<void> {
    this.#now += 30;
    const times = [...this.log.model.timers.values()].map(({ dueAt }) => dueAt).sort((a, b) => a - b);
    const due = await this.index.dueTimers(this.#now, 2);
    assertEquals(due.map(({ dueAt }) => dueAt), times.filter((dueAt) => dueAt <= this.#now).slice(0, 2));
    assert(this.index.nextDueAt <= (times[0] ?? Infinity));
    const fired = due.map(({ sequence, ordinal }): Timer => {
      const { record } = this.log.records.find((each) => each.sequence === sequence)!;
      const { processor, caseId, name } = record.changes.timers[ordinal]!;
      return { kind: "fired", processor, caseId, name };
    });
    if (fired.length > 0) this.append([{ of: 0, events: 1 }], { timers: fired });
  }

  /** The server loses the end of the log, or of both streams; sequences come again with other records. */
  async #losePower({ lost, storeToo }: { lost: number; storeToo: boolean }): Promise<void> {
    await this.written();
    this.log.truncate(lost);
    if (storeToo) this.store.restore(this.#remembered);
    else this.#remembered = [];
    this.#reader = undefined;
    await this.takeOver();
  }
}
