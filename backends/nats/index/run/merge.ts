/** Merges sorted blocks of several runs, without holding more than a few blocks of each. @module */
import { compareKeys, type IndexKey } from "../entry/key.ts";
import type { Block } from "./block.ts";

/** A key, and its values in the order of the runs. */
interface MergedEntry {
  readonly key: IndexKey;
  readonly values: readonly Uint8Array[];
}

/** The next entry of one run. */
class Cursor {
  readonly #blocks: AsyncIterator<Block>;
  #block: Block | undefined;
  #index = 0;
  key: IndexKey | undefined;

  constructor(blocks: AsyncIterator<Block>) {
    this.#blocks = blocks;
  }

  get value(): Uint8Array {
    return this.#block!.value(this.#index);
  }

  /** False at the end of the block: then `readOn` finds out whether there is another one. */
  advance(): boolean {
    this.#index++;
    return this.#point();
  }

  async readOn(): Promise<void> {
    do {
      const { value, done } = await this.#blocks.next();
      this.#block = done ? undefined : value;
      this.#index = 0;
    } while (this.#block !== undefined && !this.#point());
    if (this.#block === undefined) this.key = undefined;
  }

  #point(): boolean {
    if (this.#index >= this.#block!.count) return false;
    this.key = this.#block!.key(this.#index);
    return true;
  }
}

/** The entries of all, in order, a batch at a time. Values of one key come in the order in which the runs are given. */
export async function* mergeBlocks(runs: readonly AsyncIterator<Block>[]): AsyncGenerator<MergedEntry[]> {
  let cursors = runs.map((blocks) => new Cursor(blocks));
  await Promise.all(cursors.map((cursor) => cursor.readOn()));
  for (;;) {
    cursors = cursors.filter(({ key }) => key !== undefined);
    if (cursors.length === 0) return;
    const [batch, ended] = mergeUntilBlockEnds(cursors);
    yield batch;
    await Promise.all(ended.map((cursor) => cursor.readOn()));
  }
}

/** Merges until one or more of the runs have come to the end of a block. */
function mergeUntilBlockEnds(cursors: readonly Cursor[]): [MergedEntry[], Cursor[]] {
  const batch: MergedEntry[] = [];
  const ended: Cursor[] = [];
  while (ended.length === 0) {
    let key = cursors[0]!.key!;
    for (const cursor of cursors) if (compareKeys(cursor.key!, key) < 0) key = cursor.key!;
    const values: Uint8Array[] = [];
    for (const cursor of cursors) {
      if (compareKeys(cursor.key!, key) !== 0) continue;
      values.push(cursor.value);
      if (!cursor.advance()) ended.push(cursor);
    }
    batch.push({ key, values });
  }
  return [batch, ended];
}

/** The entries behind a key, or all. */
export async function* entriesBehind(
  runs: readonly AsyncIterator<Block>[],
  key: IndexKey | undefined,
): AsyncGenerator<MergedEntry> {
  for await (const batch of mergeBlocks(runs)) {
    for (const entry of batch) if (key === undefined || compareKeys(entry.key, key) > 0) yield entry;
  }
}
