/**
 * The manifest of a partition's index: which runs count, up to which record they and what is known of the partition reach, and
 * under which epoch it was written. One message, replaced as a whole.
 * @module
 */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type KnownState, NOTHING_KNOWN } from "../journal/partition/log_state.ts";
import type { ParkedEntry } from "../journal/record/record.ts";
import { IndexDamaged } from "./entry/event_span.ts";
import type { RunRef } from "./run/run_ref.ts";
import type { IndexStore } from "./store/index_store.ts";

/** What is known up to a record, beside the runs. Immutable. */
export interface IndexSnapshot {
  readonly state: KnownState;
  /** The names of types by their number. */
  readonly types: readonly string[];
  /** Nothing that was due before this waits any more. */
  readonly timersFrom: number;
}

export interface Manifest {
  /** Of the owner that wrote it. */
  readonly epoch: number;
  /** By which hashes its keys are made. */
  readonly hasher: string;
  readonly snapshot: IndexSnapshot;
  /** The newest first. */
  readonly runs: readonly RunRef[];
  /** Where the parked cases are when they are many. */
  readonly parkedIn: ParkedBlocks | undefined;
}

/** Parked cases as messages of their own. */
interface ParkedBlocks {
  readonly id: string;
  readonly blocks: readonly number[];
}

const FORMAT = 3;
/** Parked cases up to this size stand in the manifest itself. */
const PARKED_BYTES = 64 * 1024;
/** Of a block of parked cases, before compression. One case may be larger, and was in a compressed record as well. */
const PARKED_BLOCK_BYTES = 400_000;

export const EMPTY_MANIFEST: Manifest = {
  epoch: 0,
  hasher: "",
  snapshot: { state: NOTHING_KNOWN, types: [], timersFrom: 0 },
  runs: [],
  parkedIn: undefined,
};

/** The manifest as text, its epoch in front. Sequences of blocks are told as differences, which are mostly small. */
export function manifestText({ epoch, runs, ...rest }: Manifest): string {
  const { parkedIn } = rest;
  return JSON.stringify({
    format: FORMAT,
    epoch,
    ...(parkedIn === undefined ? rest : withParked(rest, [])),
    runs: runs.map((run) => ({
      ...run,
      blocks: differences(run.blocks),
      filter: differences(run.filter),
      due: { blocks: differences(run.due.blocks), firsts: differences(run.due.firsts) },
    })),
  });
}

function withParked<M extends Pick<Manifest, "snapshot">>(manifest: M, parked: readonly ParkedEntry[]): M {
  const { snapshot } = manifest;
  return { ...manifest, snapshot: { ...snapshot, state: { ...snapshot.state, parked } } };
}

/** Reads a manifest, and the parked cases it refers to. Throws IndexDamaged when it is of another format, or they are gone. */
export async function readManifestText(text: string, store: IndexStore): Promise<Manifest> {
  const { format, ...manifest } = JSON.parse(text) as Manifest & { format: number };
  if (format !== FORMAT) throw new IndexDamaged(`The index's manifest has the format ${format}`);
  const { parkedIn } = manifest;
  return {
    ...(parkedIn === undefined ? manifest : withParked(manifest, await readParked(parkedIn, store))),
    parkedIn,
    runs: manifest.runs.map((run) => ({
      ...run,
      blocks: sums(run.blocks),
      filter: sums(run.filter),
      due: { blocks: sums(run.due.blocks), firsts: sums(run.due.firsts) },
    })),
  };
}

function differences(numbers: readonly number[]): number[] {
  return numbers.map((number, i) => number - (numbers[i - 1] ?? 0));
}

function sums(numbers: readonly number[]): number[] {
  let sum = 0;
  return numbers.map((difference) => sum += difference);
}

/** Stores parked cases that are too many for a manifest; undefined when they are not. */
export async function writeParked(
  parked: readonly ParkedEntry[],
  store: IndexStore,
): Promise<ParkedBlocks | undefined> {
  const texts = parked.map((entry) => JSON.stringify(entry));
  if (texts.reduce((sum, { length }) => sum + length, 0) <= PARKED_BYTES) return undefined;
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const blocks: number[] = [];
  for (const some of cutTexts(texts)) {
    const bytes = new TextEncoder().encode(`[${some.join(",")}]`);
    blocks.push(await store.putBlock("run", id, zstdCompressSync(bytes)));
  }
  return { id, blocks };
}

/** The texts in slices of a block each. */
function cutTexts(texts: readonly string[]): string[][] {
  const slices: string[][] = [];
  let length = Infinity;
  for (const text of texts) {
    length += text.length;
    if (length > PARKED_BLOCK_BYTES) {
      slices.push([]);
      length = text.length;
    }
    slices.at(-1)!.push(text);
  }
  return slices;
}

async function readParked({ id, blocks }: ParkedBlocks, store: IndexStore): Promise<ParkedEntry[]> {
  const read = await Promise.all(blocks.map((sequence) => store.getBlock("run", id, sequence)));
  return read.flatMap((bytes) => {
    if (bytes === undefined) throw new IndexDamaged("The index's list of parked cases is gone");
    return JSON.parse(new TextDecoder().decode(zstdDecompressSync(bytes))) as ParkedEntry[];
  });
}

/** The runs and lists that a manifest names. */
export function runsNamedBy({ runs, parkedIn }: Manifest): Set<string> {
  return new Set([...runs.map(({ id }) => id), ...parkedIn === undefined ? [] : [parkedIn.id]]);
}
