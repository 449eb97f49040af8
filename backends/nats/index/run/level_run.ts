/** A level of memory as sorted blocks. @module */
import { setImmediate } from "node:timers/promises";
import { ByteWriter } from "../entry/bytes.ts";
import { writeEntry } from "../entry/entry_codec.ts";
import { cutChapters, type IndexEntry } from "../entry/index_entry.ts";
import { compareKeys, type IndexKey, type KeyHasher } from "../entry/key.ts";
import type { RecentLevel } from "../recent/recent_level.ts";
import { ENTRY_OVERHEAD } from "./block.ts";
import { dueKeyOf, type SetTimer, writeDue } from "./due_entry.ts";
import { RunWriter, type WrittenRun } from "./run_writer.ts";
import type { IndexStore } from "../store/index_store.ts";

/** Indexes below this fit beside 32 bits into the 53 of a number. */
const MOST_ENTRIES = 2 ** 21;

/** Cases that are encoded in one go: half a millisecond or so, between which settlements go on. */
const ENCODED_AT_ONCE = 256;

/** The entries of a level, encoded, and in order of their keys. */
class SortedLevel {
  readonly #keys: IndexKey[] = [];
  readonly #values = new ByteWriter(65_536);
  readonly #ends: number[] = [];
  #order = new Uint32Array();

  private constructor() {}

  static async of(level: RecentLevel, hasher: KeyHasher): Promise<SortedLevel> {
    const sorted = new SortedLevel();
    const add = (key: IndexKey, entry: IndexEntry) => sorted.#add(key, entry);
    let encoded = 0;
    for (const caseId of level.cases.caseIds()) {
      cutChapters(hasher.caseKey(caseId), level.cases.entry(caseId)!, add);
      if (++encoded % ENCODED_AT_ONCE === 0) await setImmediate();
    }
    for (const { key, entry } of level.timers) add(key, entry);
    sorted.#order = orderOf(sorted.#keys);
    return sorted;
  }

  get count(): number {
    return this.#keys.length;
  }

  /** The size of blocks that hold them. */
  get bytes(): number {
    return this.#values.length + this.count * ENTRY_OVERHEAD;
  }

  key(index: number): IndexKey {
    return this.#keys[this.#order[index]!]!;
  }

  value(index: number): Uint8Array {
    const at = this.#order[index]!;
    return this.#values.part(at === 0 ? 0 : this.#ends[at - 1]!, this.#ends[at]!);
  }

  #add(key: IndexKey, entry: IndexEntry): void {
    writeEntry(this.#values, entry);
    this.#keys.push(key);
    this.#ends.push(this.#values.length);
  }
}

/** The order of keys. Numbers of first lane and place are sorted natively, ten times as fast as by a function. */
function orderOf(keys: readonly IndexKey[]): Uint32Array<ArrayBuffer> {
  if (keys.length >= MOST_ENTRIES) throw new RangeError("A level of the index is too large");
  const packed = Float64Array.from(keys, ({ a }, i) => (a >>> 0) * MOST_ENTRIES + i).sort();
  const order = Uint32Array.from(packed, (number) => number % MOST_ENTRIES);
  // Keys with the same first lane are few, and next to each other.
  for (let i = 1; i < order.length; i++) {
    for (let j = i; j > 0 && compareKeys(keys[order[j - 1]!]!, keys[order[j]!]!) > 0; j--) {
      [order[j - 1], order[j]] = [order[j]!, order[j - 1]!];
    }
  }
  return order;
}

/** The timers that a level sets, by due time. */
function sortedTimers(level: RecentLevel): { dueKey: IndexKey; timer: SetTimer }[] {
  const set: { dueKey: IndexKey; timer: SetTimer }[] = [];
  for (const { key, entry: { dueAt, sequence, ordinal } } of level.timers) {
    if (dueAt === undefined) continue;
    const timer = { key, dueAt, sequence, ordinal };
    set.push({ dueKey: dueKeyOf(timer), timer });
  }
  return set.sort((one, other) => compareKeys(one.dueKey, other.dueKey));
}

/** Writes a level as a run of the first level. */
export async function writeLevel(
  store: IndexStore,
  level: RecentLevel,
  hasher: KeyHasher,
  blockBytes: number,
  onWriter: (run: string) => void,
): Promise<WrittenRun> {
  const sorted = await SortedLevel.of(level, hasher);
  const writer = new RunWriter(store, { entries: sorted.count, bytes: sorted.bytes }, blockBytes);
  onWriter(writer.id);
  for (let i = 0; i < sorted.count; i++) {
    writer.add(sorted.key(i), sorted.value(i));
    if (writer.isBusy) await writer.drained();
  }
  const bytes = new ByteWriter();
  for (const { dueKey, timer } of sortedTimers(level)) {
    bytes.clear();
    writeDue(bytes, timer);
    writer.addDue(dueKey, bytes.part());
    if (writer.isBusy) await writer.drained();
  }
  return await writer.finish(0);
}
