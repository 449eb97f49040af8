/** The index of a partition in memory: a manifest and what came behind it, always made together. @module */
import { IndexDamaged } from "./entry/event_span.ts";
import { type CaseEntry, CHAPTER_EVENTS, joinCases, type TimerEntry } from "./entry/index_entry.ts";
import { type IndexKey, type KeyHasher, keyText } from "./entry/key.ts";
import type { Manifest } from "./manifest.ts";
import { PartitionState, type StateSnapshot } from "./partition_state.ts";
import { DueTimers } from "./recent/due_timers.ts";
import { RecentLevel, type RecentTimer } from "./recent/recent_level.ts";
import type { IndexedCase, IndexedRecord } from "./record.ts";
import { dueAtOf } from "./run/due_entry.ts";
import { OpenRun } from "./run/open_run.ts";
import type { IndexStore } from "./store/index_store.ts";

/** A level that is being written, and the state as it was when it ended. */
interface FrozenLevel {
  readonly level: RecentLevel;
  readonly state: StateSnapshot;
}

/** What was read of cases in the runs, whole. */
export interface KnownCases {
  get(caseId: string): CaseEntry | undefined;
}

export class IndexContents {
  readonly state: PartitionState;
  readonly due: DueTimers;
  /** The newest first. */
  runs: readonly OpenRun[];
  recent = new RecentLevel();
  frozen: FrozenLevel | undefined;
  /** Grows when levels or runs change places: who read from them meanwhile reads again. */
  generation = 0;

  /** @param sequence of the manifest */
  constructor(
    readonly hasher: KeyHasher,
    store: IndexStore,
    public manifest: Manifest,
    public sequence: number,
    nearTimers: number,
  ) {
    this.state = new PartitionState(manifest.state);
    this.due = new DueTimers(manifest.state.timersFrom, nearTimers);
    this.runs = manifest.runs.map((ref) => new OpenRun(store, ref));
  }

  /** Adds a record; one that is included already is left out. Throws IndexDamaged when it is not the one that was included. */
  absorb(record: IndexedRecord, known: KnownCases): void {
    const { upTo } = this.state;
    if (record.sequence === upTo.sequence && record.nonce !== upTo.nonce) {
      throw new IndexDamaged(`The log has another record at ${record.sequence} than the index includes`);
    }
    if (record.sequence <= upTo.sequence) return;
    this.state.absorb(record);
    this.recent.bytes += record.bytes;
    for (const each of record.cases) this.#absorbCase(each, record.sequence, known);
    for (const caseId of record.trail ?? []) this.recent.cases.addTrail(caseId, record.sequence);
    for (const { caseId } of record.parked ?? []) {
      this.recent.cases.setParked(caseId, record.sequence, this.state.isParked(caseId));
    }
    this.#absorbTimers(record);
  }

  #absorbCase({ caseId, firstVersion, events }: IndexedCase, sequence: number, known: KnownCases): void {
    const { cases } = this.recent;
    const isInMemory = cases.has(caseId) || this.frozen?.level.cases.has(caseId);
    const before = isInMemory ? undefined : known.get(caseId);
    // With what is known of it the case is whole in memory, and in the next run. A long one would be written again and again.
    if (before?.state !== undefined && before.state.version < CHAPTER_EVENTS) cases.begin(caseId, before);
    let type = 0;
    for (const event of events) type = this.state.countEvent(event.type);
    cases.addEvents(caseId, sequence, {
      firstVersion,
      fingerprints: events.map(({ eventId }) => this.hasher.fingerprint(eventId)),
      type,
      openedAt: events[0]!.recordedAt,
      updatedAt: events.at(-1)!.recordedAt,
    });
  }

  #absorbTimers({ sequence, timers = [] }: IndexedRecord): void {
    for (const [ordinal, { processor, caseId, name, dueAt }] of timers.entries()) {
      const key = this.hasher.timerKey(processor, caseId, name);
      const text = keyText(key);
      this.recent.setTimer(text, { key, entry: { kind: "timer", sequence, ordinal, dueAt } });
      this.due.change(text, dueAt === undefined ? undefined : { key, dueAt, sequence, ordinal });
    }
  }

  /** Ends the newest level: what comes from now on is in another one. */
  freeze(): FrozenLevel {
    this.frozen ??= { level: this.recent, state: this.state.snapshot(dueAtOf(this.due.firstKey)) };
    if (this.frozen.level === this.recent) {
      this.recent = new RecentLevel();
      this.generation++;
    }
    return this.frozen;
  }

  /** The level that ended is a run now. */
  flushed(run: OpenRun | undefined): void {
    if (run !== undefined) this.runs = [run, ...this.runs];
    this.frozen = undefined;
    this.generation++;
  }

  merged(runs: readonly OpenRun[]): void {
    this.runs = runs;
    this.generation++;
  }

  /** What is in memory of a case. */
  recentCase(caseId: string): CaseEntry | undefined {
    const newer = this.recent.cases.entry(caseId);
    const older = this.frozen?.level.cases.entry(caseId);
    return newer === undefined || older === undefined ? newer ?? older : joinCases(older, newer);
  }

  recentTimer(key: IndexKey): TimerEntry | undefined {
    return this.recent.timer(key) ?? this.frozen?.level.timer(key);
  }

  /** The timers of both levels in memory, as they are now. */
  *recentTimers(): Generator<RecentTimer> {
    yield* this.recent.timers;
    for (const timer of this.frozen?.level.timers ?? []) {
      if (this.recent.timer(timer.key) === undefined) yield timer;
    }
  }
}
