/** The index of a partition in memory: a manifest and what came behind it, always made together. @module */
import { IndexDamaged } from "./entry/event_span.ts";
import { type CaseEntry, CHAPTER_EVENTS, joinCases, type TimerEntry } from "./entry/index_entry.ts";
import { type IndexKey, type KeyHasher, keyText } from "./entry/key.ts";
import type { IndexSnapshot, Manifest } from "./manifest.ts";
import { LogState } from "../journal/partition/log_state.ts";
import { type AddedEvents, additionsOf } from "../journal/record/additions.ts";
import type { LogRecord, StoredRecord } from "../journal/record/record.ts";
import { DueTimers } from "./recent/due_timers.ts";
import { RecentLevel, type RecentTimer } from "./recent/recent_level.ts";
import { dueAtOf } from "./run/due_entry.ts";
import { OpenRun } from "./run/open_run.ts";
import type { IndexStore } from "./store/index_store.ts";
import { TypeNumbers } from "./type_numbers.ts";

/** A level that is being written, and what was known when it ended. */
interface FrozenLevel {
  readonly level: RecentLevel;
  readonly snapshot: IndexSnapshot;
}

/** What was read of cases in the runs, whole. */
export interface KnownCases {
  get(caseId: string): CaseEntry | undefined;
}

export class IndexContents {
  readonly state: LogState;
  readonly types: TypeNumbers;
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
    const { state, types, timersFrom } = manifest.snapshot;
    this.state = new LogState(state);
    this.types = new TypeNumbers(types);
    this.due = new DueTimers(timersFrom, nearTimers);
    this.runs = manifest.runs.map((ref) => new OpenRun(store, ref));
  }

  /** The sequence of the last record that is included. */
  get last(): number {
    return this.state.lastRecord.sequence;
  }

  /** Adds a record; one that is included already is left out. Throws IndexDamaged when it is not the one that was included. */
  absorb(stored: StoredRecord<LogRecord>, known: KnownCases): void {
    const { sequence, record } = stored;
    const { lastRecord } = this.state;
    if (sequence === lastRecord.sequence && record.head.nonce !== lastRecord.nonce) {
      throw new IndexDamaged(`The log has another record at ${sequence} than the index includes`);
    }
    if (sequence <= lastRecord.sequence) return;
    const { bytes, cases, timers, parked, trail } = additionsOf(record);
    this.state.absorb(stored);
    this.recent.bytes += bytes;
    for (const each of cases) this.#absorbCase(each, sequence, known);
    for (const caseId of trail) this.recent.cases.addTrail(caseId, sequence);
    for (const caseId of parked) this.recent.cases.setParked(caseId, sequence, this.state.isParked(caseId));
    this.#absorbTimers(sequence, timers);
  }

  #absorbCase({ caseId, firstVersion, events }: AddedEvents, sequence: number, known: KnownCases): void {
    const { cases } = this.recent;
    const isInMemory = cases.has(caseId) || this.frozen?.level.cases.has(caseId);
    const before = isInMemory ? undefined : known.get(caseId);
    // With what is known of it the case is whole in memory, and in the next run. A long one would be written again and again.
    if (before?.state !== undefined && before.state.version < CHAPTER_EVENTS) cases.begin(caseId, before);
    let type = 0;
    for (const event of events) type = this.types.numberOf(event.type);
    cases.addEvents(caseId, sequence, {
      firstVersion,
      fingerprints: events.map(({ eventId }) => this.hasher.fingerprint(eventId)),
      type,
      openedAt: events[0]!.recordedAt,
      updatedAt: events.at(-1)!.recordedAt,
    });
  }

  #absorbTimers(sequence: number, timers: ReturnType<typeof additionsOf>["timers"]): void {
    for (const [ordinal, { processor, caseId, name, dueAt }] of timers.entries()) {
      const key = this.hasher.timerKey(processor, caseId, name);
      const text = keyText(key);
      this.recent.setTimer(text, { key, entry: { kind: "timer", sequence, ordinal, dueAt } });
      this.due.change(text, dueAt === undefined ? undefined : { key, dueAt, sequence, ordinal });
    }
  }

  /** Ends the newest level: what comes from now on is in another one. */
  freeze(): FrozenLevel {
    this.frozen ??= { level: this.recent, snapshot: this.#snapshot() };
    if (this.frozen.level === this.recent) {
      this.recent = new RecentLevel();
      this.generation++;
    }
    return this.frozen;
  }

  #snapshot(): IndexSnapshot {
    const { state, types, due } = this;
    return { state: state.snapshot(), types: types.names, timersFrom: dueAtOf(due.firstKey) };
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
