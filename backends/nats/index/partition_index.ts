/**
 * The index of one partition of the log: which cases there are, up to which version, in which records, with a fingerprint of each
 * event's id; its timers by due time; checkpoints, parked cases and counts. An LSM tree: records are absorbed in memory,
 * without reading anything; a level that is full becomes a sorted run of blocks in a store; runs are merged. All of it can
 * be made anew from the log, and none of it is believed when it is ahead of the log.
 *
 * The owner of the partition absorbs its records, calls `maintain` beside its work, and writes; others only read.
 * @module
 */
import { BoundedCache } from "../../primitives/bounded_cache.ts";
import { KeyedMutex } from "../../primitives/keyed_mutex.ts";
import type { HeadIndex } from "../journal/partition/head_index.ts";
import type { LogState } from "../journal/partition/log_state.ts";
import type { LogRecord, StoredRecord } from "../journal/record/record.ts";
import { CaseHead } from "./case_head.ts";
import { type CaseEntry, joinCases } from "./entry/index_entry.ts";
import type { KeyHasher } from "./entry/key.ts";
import type { IndexContents } from "./index_contents.ts";
import { INDEX_LIMITS, type IndexLimits } from "./index_limits.ts";
import type { IndexedLog } from "./indexed_log.ts";
import { IndexMaintenance, replaceOrFind } from "./index_maintenance.ts";
import { readDueTimers } from "./due_query.ts";
import { type LoadContext, loadIndex, readBehind, rebuildIndex } from "./load_index.ts";
import { manifestText, runsNamedBy } from "./manifest.ts";
import { dueAtOf, type SetTimer } from "./run/due_entry.ts";
import { BlockGone } from "./run/open_run.ts";
import { pauseForReplica } from "../stream/replica_reads.ts";
import { readCaseEntry } from "./run/read_case.ts";
import { type IndexStore, ManifestConflict } from "./store/index_store.ts";
import { untilConsistent } from "./until_consistent.ts";

interface PartitionIndexOptions {
  readonly store: IndexStore;
  readonly log: IndexedLog;
  readonly hasher: KeyHasher;
  /** Whether this one writes levels and merges them: the owner of the partition. */
  readonly writes: boolean;
  readonly limits?: Partial<IndexLimits>;
}

/** A newer owner has written the manifest: this one writes nothing any more. */
export class IndexFenced extends Error {
  override name = "IndexFenced";
}

/** Cases that were read from runs, and are kept until runs change places. */
const KNOWN_CASES = 8_192;
const MUTEX = ["index"];

export class PartitionIndex implements HeadIndex {
  readonly #context: LoadContext;
  readonly #maintenance: IndexMaintenance;
  readonly #mutex = new KeyedMutex();
  #contents: IndexContents;
  #known: { readonly generation: number; readonly cases: BoundedCache<CaseEntry> };
  /** Under which this one writes; undefined before `claim`. */
  #epoch: number | undefined;
  #reloading: Promise<void> | undefined;

  private constructor(context: LoadContext, maintenance: IndexMaintenance, contents: IndexContents) {
    this.#context = context;
    this.#maintenance = maintenance;
    this.#contents = contents;
    this.#known = knownOf(contents);
  }

  /** Loads the manifest and the log behind it. An owner writes levels on the way when the log is long. */
  static async open(options: PartitionIndexOptions): Promise<PartitionIndex> {
    const { store, log, hasher, writes } = options;
    const limits = { ...INDEX_LIMITS, ...options.limits };
    const maintenance = new IndexMaintenance(store, limits);
    const onRecord = (contents: IndexContents) =>
      writes && maintenance.isFlushDue(contents) ? maintenance.flush(contents) : undefined;
    const context = { store, log, hasher, limits, onRecord };
    return new PartitionIndex(context, maintenance, await untilConsistent(() => loadIndex(context)));
  }

  /** What the records that are included come to. */
  get state(): LogState {
    return this.#contents.state;
  }

  get runs(): readonly { readonly level: number; readonly entries: number }[] {
    return this.#contents.runs.map(({ ref }) => ref);
  }

  /**
   * Adds a record of the partition; they come in order, and one that comes again changes nothing. Throws IndexDamaged when it
   * doesn't fit to what is known: then the log is another one, and the index is opened anew.
   */
  absorb(stored: StoredRecord<LogRecord>): void {
    this.#contents.absorb(stored, this.#knownCases());
  }

  /**
   * A case as of the last record; undefined for a new one. Most are answered from memory, and at once. Throws IndexDamaged.
   */
  find(caseId: string): CaseHead | undefined | Promise<CaseHead | undefined> {
    const { runs, hasher } = this.#contents;
    const recent = this.#contents.recentCase(caseId);
    if (recent?.events?.from === 1) return this.#headOf(this.#contents, recent);
    const key = hasher.caseKey(caseId);
    if (recent === undefined && !runs.some((run) => run.mayHave(key))) return undefined;
    return this.#read(caseId);
  }

  #read(caseId: string): Promise<CaseHead | undefined> {
    return this.#reading(async (contents) => {
      const recent = contents.recentCase(caseId);
      if (recent?.events?.from === 1) return this.#headOf(contents, recent);
      const entry = await this.#entryOf(contents, caseId);
      return entry?.state === undefined ? undefined : this.#headOf(contents, entry);
    });
  }

  /** The records with lines of a case's trail, in order; it may have some without an event. Throws IndexDamaged. */
  trailOf(caseId: string): Promise<readonly number[]> {
    return this.#reading(async (contents) => (await this.#entryOf(contents, caseId))?.trail ?? []);
  }

  async #entryOf(contents: IndexContents, caseId: string): Promise<CaseEntry | undefined> {
    const known = this.#knownCases();
    const older = known.get(caseId) ?? await readCaseEntry(contents.runs, contents.hasher.caseKey(caseId));
    if (this.#knownCases() === known && older !== undefined) known.set(caseId, older);
    // More may have come while the runs were read.
    const newer = contents.recentCase(caseId);
    return older === undefined || newer === undefined ? newer ?? older : joinCases(older, newer);
  }

  #headOf({ types, hasher }: IndexContents, entry: CaseEntry): CaseHead {
    return new CaseHead(entry, types.nameOf(entry.state!.type), (eventId) => hasher.fingerprint(eventId));
  }

  /** The first timers that are due at a time, at most so many, by due time. They stay until a record says that they are gone. */
  dueTimers(until: number, limit: number): Promise<SetTimer[]> {
    return this.#reading((contents) => readDueTimers(contents, until, limit, this.#context.limits));
  }

  /** When to ask for timers again: then one is due, or more are loaded. */
  get nextDueAt(): number {
    return dueAtOf(this.#contents.due.firstKey);
  }

  /** Makes this one the writer: whoever was it before finds another manifest. Removes what no manifest names. Throws IndexFenced. */
  claim(epoch: number): Promise<void> {
    return this.#mutex.run(MUTEX, () => this.#claim(epoch));
  }

  async #claim(epoch: number): Promise<void> {
    const { store } = this.#context;
    // Listed before the manifest is written: what is not named then was left behind, and no newer owner's.
    const listed = await store.listRuns();
    await untilConsistent(() => this.#writeClaim(epoch), () => this.#reload());
    this.#epoch = epoch;
    const named = runsNamedBy(this.#contents.manifest);
    const gone = listed.filter((run) => !named.has(run));
    if (gone.length > 0) await store.purgeRuns(gone);
  }

  async #writeClaim(epoch: number): Promise<void> {
    const contents = this.#contents;
    this.#requireNotFenced(contents, epoch);
    const manifest = { ...contents.manifest, epoch };
    contents.sequence = await replaceOrFind(this.#context.store, manifestText(manifest), contents.sequence);
    contents.manifest = manifest;
  }

  #requireNotFenced({ manifest }: IndexContents, epoch = this.#epoch): void {
    if (epoch === undefined || manifest.epoch <= epoch) return;
    throw new IndexFenced(`The index is written under epoch ${manifest.epoch}, behind ${epoch}`);
  }

  /** True when `maintain` has something to write. */
  get isFlushDue(): boolean {
    return this.#maintenance.isFlushDue(this.#contents);
  }

  /** Writes a full level and merges runs, until nothing is left to do. Throws IndexFenced, or BackendUnavailable: call it again. */
  maintain(): Promise<void> {
    return this.#writing((contents) => this.#maintenance.maintain(contents));
  }

  /** Writes the newest level, full or not. */
  flush(): Promise<void> {
    return this.#writing((contents) => this.#maintenance.flush(contents));
  }

  /** Merges where there are enough runs of a level. */
  merge(): Promise<void> {
    return this.#writing((contents) => this.#maintenance.mergeAll(contents));
  }

  #writing(work: (contents: IndexContents) => Promise<void>): Promise<void> {
    const write = async () => {
      const contents = this.#contents;
      try {
        await work(contents);
      } catch (error) {
        // A run to be merged is gone: a newer owner has merged it, and this one finds that it is fenced.
        const isStale = error instanceof BlockGone && await this.#isReplaced(contents);
        throw isStale ? new ManifestConflict(error.message) : error;
      }
    };
    return this.#mutex.run(MUTEX, () => untilConsistent(write, () => this.#reload()));
  }

  /** Whether another manifest has taken the place of that of these contents. */
  async #isReplaced({ sequence }: IndexContents): Promise<boolean> {
    return (await this.#context.store.readManifest())?.sequence !== sequence;
  }

  /** Loads the filters of all runs: until then each run is asked for every key. */
  loadFilters(): Promise<void> {
    return this.#reading(async ({ runs }) => {
      for (const run of runs) await run.loadFilter();
    });
  }

  /** Makes the index anew from the whole log, and removes what there was before. Throws IndexFenced. */
  rebuild(): Promise<void> {
    return this.#mutex.run(MUTEX, async () => {
      let make = rebuildIndex;
      // What another owner writes meanwhile is gone on with: two that begin anew at each conflict would never end.
      const fresh = await untilConsistent(() => make(this.#context), () => void (make = loadIndex));
      this.#requireNotFenced(fresh);
      await this.#replaceContents(fresh);
      if (this.#epoch !== undefined) await this.#claim(this.#epoch);
    });
  }

  /** Reads, again when runs changed places meanwhile. */
  async #reading<T>(read: (contents: IndexContents) => Promise<T>): Promise<T> {
    for (;;) {
      const contents = this.#contents;
      const { generation } = contents;
      try {
        const found = await read(contents);
        if (contents === this.#contents && generation === contents.generation) return found;
      } catch (error) {
        await this.#recover(error, contents, generation);
      }
    }
  }

  /** A block that is gone was merged: here meanwhile, or by the owner, whose manifest is loaded. Throws any other error. */
  async #recover(error: unknown, contents: IndexContents, generation: number): Promise<void> {
    if (contents !== this.#contents || generation !== contents.generation) return;
    if (!(error instanceof BlockGone)) throw error;
    const isReplaced = await this.#isReplaced(contents);
    if (contents !== this.#contents || generation !== contents.generation) return;
    if (!isReplaced) throw error;
    this.#reloading ??= this.#reload().finally(() => this.#reloading = undefined);
    await this.#reloading;
  }

  /** Loads manifest and log anew: one without the other would count records twice, or lack them. */
  async #reload(): Promise<void> {
    const fresh = await untilConsistent(() => loadIndex(this.#context));
    this.#requireNotFenced(fresh);
    await this.#replaceContents(fresh);
  }

  /** Takes other contents, once they have what was absorbed while they were loaded: it is in the log. */
  async #replaceContents(fresh: IndexContents): Promise<void> {
    for (let tries = 0; fresh.last < this.#contents.last; tries++) {
      await pauseForReplica(tries);
      await readBehind({ ...this.#context, onRecord: () => {} }, fresh);
    }
    this.#contents = fresh;
    this.#known = knownOf(fresh);
  }

  #knownCases(): BoundedCache<CaseEntry> {
    if (this.#known.generation !== this.#contents.generation) this.#known = knownOf(this.#contents);
    return this.#known.cases;
  }
}

function knownOf({ generation }: IndexContents) {
  return { generation, cases: new BoundedCache<CaseEntry>(KNOWN_CASES) };
}
