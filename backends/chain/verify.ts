/** Verifies the chain of a partition: block by block, each against the one before and against what is stored. @module */
import { BackupError } from "../backup/errors.ts";
import { blockHash, type Entry, isEqual, NO_BLOCK, parseEntries } from "./block.ts";
import type { Block, BlockStore, EventHash, HashChain } from "./hash_chain.ts";
import type { Break, KeptHead, PartitionReport } from "./report.ts";

type Behind = Pick<Block, "number" | "lastPosition" | "hash">;

/** Behind which the first block begins: before every position there can be. */
const START: Behind = { number: 0, lastPosition: Number.MIN_SAFE_INTEGER, hash: NO_BLOCK };

/** Reads all blocks of a partition, and stops at the first break. */
export async function verifyBlocks(
  store: BlockStore,
  partition: number,
  kept?: KeptHead,
): Promise<PartitionReport> {
  let previous = START;
  let [events, broken]: [number, Break | undefined] = [0, undefined];
  for await (const block of store.blocks(partition)) {
    const entries = parseEntries(block.entries);
    const why = blockFault(block, previous, entries) ?? headFault(block, kept);
    if (why !== undefined) broken = { kind: "block", number: block.number, why };
    else {
      const stored = await store.eventHashes(partition, previous.lastPosition, block.lastPosition);
      broken = firstDifference(entries!, stored);
    }
    if (broken !== undefined) break;
    events += block.events;
    previous = block;
  }
  if (kept !== undefined && previous.number < kept.blocks) {
    broken ??= {
      kind: "block",
      number: kept.blocks,
      why: "it is gone, and was there when its hash was kept",
    };
  }
  const uncovered = broken === undefined ? await store.countAfter(partition, previous.lastPosition) : 0;
  const found = { partition, blocks: previous.number, events, uncovered, head: previous.hash.toHex() };
  return broken === undefined ? found : { ...found, broken };
}

/** What is wrong with a block by itself, or behind the one before. */
function blockFault(
  block: Block,
  previous: Behind,
  entries: readonly Entry[] | undefined,
): string | undefined {
  if (block.number !== previous.number + 1) return `it comes after block ${previous.number}`;
  if (!isEqual(block.previous, previous.hash)) return "it was made behind another block";
  if (!isEqual(block.hash, blockHash(block))) return "its hash is not that of its content";
  const isInOrder = entries?.every(({ position }, i) =>
    position > (entries[i - 1]?.position ?? previous.lastPosition)
  );
  const isAsSaid = entries?.length === block.events && entries[0]?.position === block.firstPosition &&
    entries.at(-1)?.position === block.lastPosition;
  return isInOrder && isAsSaid ? undefined : "its entries are not what it says of them";
}

function headFault({ number, hash }: Block, kept: KeptHead | undefined): string | undefined {
  if (number !== kept?.blocks || hash.toHex() === kept.head) return undefined;
  return "it is not the one whose hash was kept";
}

/** The first event that is not as the entries have it. Both are in order of position. */
function firstDifference(
  entries: readonly Entry[],
  stored: readonly EventHash[],
): Break | undefined {
  const length = Math.max(entries.length, stored.length);
  for (let i = 0; i < length; i++) {
    const [entry, event] = [entries[i], stored[i]];
    if (event === undefined || (entry !== undefined && entry.position < event.position)) {
      return { kind: "missing", position: entry!.position };
    }
    const { position, eventId } = event;
    if (entry === undefined || entry.position > position) return { kind: "inserted", position, eventId };
    if (!isEqual(entry.hash, event.hash)) return { kind: "changed", position, eventId };
  }
  return undefined;
}

/** Verifies all partitions of a restored store. Throws BackupError at the first break. */
export async function requireWholeChain(chain: Pick<HashChain, "verify">, partitions: number): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const { broken } = await chain.verify(partition);
    if (broken === undefined) continue;
    const where = broken.kind === "block" ? `block ${broken.number}` : `position ${broken.position}`;
    throw new BackupError(
      "damaged",
      `The restored store is not as it was: its chain of hashes breaks at ${where} of partition ${partition}`,
    );
  }
}
