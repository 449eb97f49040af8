/** Several runs as one of the next level. @module */
import { ByteReader, ByteWriter } from "../entry/bytes.ts";
import { isGoneTimer, readEntry, writeEntry } from "../entry/entry_codec.ts";
import { type IndexEntry, joinEntries } from "../entry/index_entry.ts";
import type { IndexStore } from "../store/index_store.ts";
import { dueAtOf } from "./due_entry.ts";
import { mergeBlocks } from "./merge.ts";
import type { OpenRun } from "./open_run.ts";
import { RunWriter, type WrittenRun } from "./run_writer.ts";

interface MergeOptions {
  readonly store: IndexStore;
  /** The newest first. */
  readonly runs: readonly OpenRun[];
  /** Whether no run is older: then nothing is left that a timer that is gone would have to hide. */
  readonly areOldest: boolean;
  /** Timers that were due before are left out. */
  readonly timersFrom: number;
  readonly level: number;
  readonly blockBytes: number;
  readonly onWriter: (run: string) => void;
}

export async function mergeRuns(options: MergeOptions): Promise<WrittenRun> {
  const { store, runs, blockBytes } = options;
  const size = { entries: sumOf(runs, "entries"), bytes: sumOf(runs, "bytes") };
  const writer = new RunWriter(store, size, blockBytes);
  options.onWriter(writer.id);
  await mergeEntries(writer, options);
  await mergeDue(writer, options);
  return await writer.finish(options.level);
}

function sumOf(runs: readonly OpenRun[], field: "entries" | "bytes"): number {
  return runs.reduce((sum, { ref }) => sum + ref[field], 0);
}

async function mergeEntries(writer: RunWriter, { runs, areOldest }: MergeOptions): Promise<void> {
  const joined = new ByteWriter();
  for await (const batch of mergeBlocks(runs.map((run) => run.scan()))) {
    for (const { key, values } of batch) {
      const value = values.length === 1 ? values[0]! : joinValues(values, joined);
      if (!(areOldest && isGoneTimer(value))) writer.add(key, value);
      if (writer.isBusy) await writer.drained();
    }
  }
}

async function mergeDue(writer: RunWriter, { runs, timersFrom }: MergeOptions): Promise<void> {
  for await (const batch of mergeBlocks(runs.map((run) => run.scanDue()))) {
    for (const { key, values } of batch) {
      if (dueAtOf(key) >= timersFrom) writer.addDue(key, values[0]!);
      if (writer.isBusy) await writer.drained();
    }
  }
}

function joinValues(values: readonly Uint8Array[], writer: ByteWriter): Uint8Array {
  writer.clear();
  writeEntry(writer, joinedEntry(values));
  return writer.part();
}

/** The entry that several values of a key make, the newest of which comes first. */
function joinedEntry(values: readonly Uint8Array[]): IndexEntry {
  return values.map((value) => readEntry(new ByteReader(value)))
    .reduceRight((older, newer) => joinEntries(older, newer));
}
