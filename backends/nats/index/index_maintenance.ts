/** Writes the newest level as a run, and merges runs: each ends with a new manifest, and counts from then on. @module */
import { BackendUnavailable } from "../../errors.ts";
import type { IndexContents } from "./index_contents.ts";
import type { IndexLimits } from "./index_limits.ts";
import { type Manifest, manifestText, runsNamedBy, writeParked } from "./manifest.ts";
import { writeLevel } from "./run/level_run.ts";
import { mergeRuns } from "./run/merge_runs.ts";
import { OpenRun } from "./run/open_run.ts";
import type { WrittenRun } from "./run/run_writer.ts";
import { type IndexStore, ManifestConflict } from "./store/index_store.ts";

export class IndexMaintenance {
  readonly #store: IndexStore;
  readonly #limits: IndexLimits;
  /** Runs that were begun and that no manifest will name. */
  readonly #orphans = new Set<string>();

  constructor(store: IndexStore, limits: IndexLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  isFlushDue({ recent, frozen }: IndexContents): boolean {
    const { levelEntries, levelBytes } = this.#limits;
    return frozen !== undefined || recent.size >= levelEntries || recent.bytes >= levelBytes;
  }

  /** Writes the newest level. Throws ManifestConflict, or BackendUnavailable: the same is tried again by the next call. */
  async flush(contents: IndexContents): Promise<void> {
    const { blockBytes } = this.#limits;
    const { level, snapshot } = contents.freeze();
    const written = level.size === 0
      ? undefined
      : await this.#writing((onWriter) =>
        writeLevel(this.#store, level, contents.hasher, blockBytes, onWriter)
      );
    const { manifest } = contents;
    const runs = written === undefined ? manifest.runs : [written.ref, ...manifest.runs];
    const parkedIn = await writeParked(snapshot.state.parked, this.#store);
    await this.#replaceManifest(contents, { ...manifest, snapshot, runs, parkedIn });
    contents.flushed(written === undefined ? undefined : this.#opened(written));
    await this.#purge(manifest, contents.manifest);
  }

  /** Flushes a level that is full, and merges until nothing is left to merge. */
  async maintain(contents: IndexContents): Promise<void> {
    if (this.isFlushDue(contents)) await this.flush(contents);
    await this.mergeAll(contents);
  }

  async mergeAll(contents: IndexContents): Promise<void> {
    while (await this.#merge(contents));
  }

  /** Merges the runs of one level that has enough of them; false when there is none. Throws as `flush`. */
  async #merge(contents: IndexContents): Promise<boolean> {
    const runs = mergeable(contents.runs, this.#limits.mergedRuns);
    if (runs.length === 0) return false;
    const { manifest } = contents;
    const written = await this.#writing((onWriter) =>
      mergeRuns({
        store: this.#store,
        runs,
        areOldest: runs.at(-1) === contents.runs.at(-1),
        timersFrom: manifest.snapshot.timersFrom,
        level: runs[0]!.ref.level + 1,
        blockBytes: this.#limits.blockBytes,
        onWriter,
      })
    );
    const merged = replaced(contents.runs, runs, this.#opened(written));
    await this.#replaceManifest(contents, { ...manifest, runs: merged.map(({ ref }) => ref) });
    contents.merged(merged);
    await this.#purge(manifest, contents.manifest);
    return true;
  }

  #opened({ ref, filter }: WrittenRun): OpenRun {
    return new OpenRun(this.#store, ref, filter);
  }

  /** Writes a run; one that is not finished is an orphan. */
  async #writing(write: (onWriter: (run: string) => void) => Promise<WrittenRun>): Promise<WrittenRun> {
    let run = "";
    try {
      return await write((id) => run = id);
    } catch (error) {
      this.#orphans.add(run);
      throw error;
    }
  }

  /** Stores the manifest. The answer to one that was stored may have been lost: then it is found in its place. */
  async #replaceManifest(contents: IndexContents, manifest: Manifest): Promise<void> {
    const text = manifestText(manifest);
    contents.sequence = await replaceOrFind(this.#store, text, contents.sequence);
    contents.manifest = manifest;
  }

  /** Removes what the manifest before named and the new one doesn't. What fails is tried again with the next. */
  async #purge(before: Manifest, after: Manifest): Promise<void> {
    const named = runsNamedBy(after);
    for (const run of runsNamedBy(before)) if (!named.has(run)) this.#orphans.add(run);
    if (this.#orphans.size === 0) return;
    try {
      await this.#store.purgeRuns([...this.#orphans]);
      this.#orphans.clear();
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
    }
  }
}

/** Replaces a manifest, or finds that it was stored and the answer lost. Throws ManifestConflict. */
export async function replaceOrFind(store: IndexStore, text: string, expected: number): Promise<number> {
  try {
    return await store.replaceManifest(text, expected);
  } catch (error) {
    if (!(error instanceof ManifestConflict)) throw error;
    const found = await store.readManifest();
    if (found?.text !== text) throw error;
    return found.sequence;
  }
}

/** The oldest runs of the lowest level that has enough of them, in order; empty when none has. */
function mergeable(runs: readonly OpenRun[], enough: number): readonly OpenRun[] {
  const levels = Map.groupBy(runs, ({ ref }) => ref.level);
  return [...levels.values()].find((level) => level.length >= enough)?.slice(-enough) ?? [];
}

/** All runs, with one in place of several that follow each other. */
function replaced(all: readonly OpenRun[], gone: readonly OpenRun[], merged: OpenRun): OpenRun[] {
  const at = all.indexOf(gone[0]!);
  return [...all.slice(0, at), merged, ...all.slice(at + gone.length)];
}
