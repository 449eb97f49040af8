/** Every case of a partition, by key: out of memory and all runs, a few blocks at a time. @module */
import { isCaseEntry } from "./entry/entry_codec.ts";
import type { CaseEntry } from "./entry/index_entry.ts";
import type { IndexKey } from "./entry/key.ts";
import type { IndexContents } from "./index_contents.ts";
import type { Block } from "./run/block.ts";
import { SortedLevel } from "./run/level_run.ts";
import { entriesBehind } from "./run/merge.ts";
import { joinedEntry } from "./run/merge_runs.ts";

/** A case as the index lists it: its id is in the record that names it last. */
export interface ListedCase {
  readonly key: IndexKey;
  readonly version: number;
  readonly latest: string;
  readonly openedAt: number;
  readonly updatedAt: number;
  readonly isParked: boolean;
  readonly hasTrail: boolean;
  /** The last record that names it. */
  readonly last: number;
}

/** The cases behind a key, as they were when the call began. Throws BlockGone. */
export async function* casesBehind(
  contents: IndexContents,
  key: IndexKey | undefined,
): AsyncGenerator<ListedCase> {
  const sources: AsyncGenerator<Block>[] = contents.runs.map((run) => run.scan(key));
  for (const level of [contents.frozen?.level, contents.recent]) {
    if (level !== undefined) sources.unshift((await SortedLevel.of(level, contents.hasher)).asBlocks());
  }
  for await (const { key: found, values } of entriesBehind(sources, key)) {
    if (!isCaseEntry(values[0]!)) continue;
    const entry = joinedEntry(values) as CaseEntry;
    if (entry.state !== undefined) yield listed(contents, found, entry);
  }
}

function listed({ types }: IndexContents, key: IndexKey, entry: CaseEntry): ListedCase {
  const { version, type, openedAt, updatedAt } = entry.state!;
  const { isParked = false, trail, last } = entry;
  const latest = types.nameOf(type);
  return { key, version, latest, openedAt, updatedAt, isParked, hasTrail: trail.length > 0, last };
}
