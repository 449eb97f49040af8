/**
 * The manifest of a partition's index: which runs count, up to which record they and its state reach, and under which epoch it
 * was written. One message, replaced as a whole.
 * @module
 */
import { IndexDamaged } from "./entry/event_span.ts";
import { EMPTY_STATE, type StateSnapshot } from "./partition_state.ts";
import type { ParkedRef } from "./record.ts";
import type { RunRef } from "./run/run_ref.ts";
import type { IndexStore } from "./store/index_store.ts";

export interface Manifest {
  /** Of the owner that wrote it. */
  readonly epoch: number;
  readonly state: StateSnapshot;
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

const FORMAT = 1;
/** Parked cases up to this size stand in the manifest itself. */
const PARKED_BYTES = 64 * 1024;
const PARKED_BLOCK = 500;

export const EMPTY_MANIFEST: Manifest = { epoch: 0, state: EMPTY_STATE, runs: [], parkedIn: undefined };

/** The manifest as text, its epoch in front. Sequences of blocks are told as differences, which are mostly small. */
export function manifestText({ epoch, state, runs, parkedIn }: Manifest): string {
  return JSON.stringify({
    format: FORMAT,
    epoch,
    state: parkedIn === undefined ? state : { ...state, parked: [] },
    runs: runs.map((run) => ({
      ...run,
      blocks: differences(run.blocks),
      filter: differences(run.filter),
      due: { blocks: differences(run.due.blocks), firsts: differences(run.due.firsts) },
    })),
    parkedIn,
  });
}

/** Reads a manifest, and the parked cases it refers to. Throws IndexDamaged when it is of another format, or they are gone. */
export async function readManifestText(text: string, store: IndexStore): Promise<Manifest> {
  const { format, epoch, state, runs, parkedIn } = JSON.parse(text) as Manifest & { format: number };
  if (format !== FORMAT) throw new IndexDamaged(`The index's manifest has the format ${format}`);
  return {
    epoch,
    state: parkedIn === undefined ? state : { ...state, parked: await readParked(parkedIn, store) },
    runs: runs.map((run) => ({
      ...run,
      blocks: sums(run.blocks),
      filter: sums(run.filter),
      due: { blocks: sums(run.due.blocks), firsts: sums(run.due.firsts) },
    })),
    parkedIn,
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
  parked: readonly ParkedRef[],
  store: IndexStore,
): Promise<ParkedBlocks | undefined> {
  if (JSON.stringify(parked).length <= PARKED_BYTES) return undefined;
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const blocks: number[] = [];
  for (let i = 0; i < parked.length; i += PARKED_BLOCK) {
    const text = JSON.stringify(parked.slice(i, i + PARKED_BLOCK));
    blocks.push(await store.putBlock("run", id, new TextEncoder().encode(text)));
  }
  return { id, blocks };
}

async function readParked({ id, blocks }: ParkedBlocks, store: IndexStore): Promise<ParkedRef[]> {
  const read = await Promise.all(blocks.map((sequence) => store.getBlock("run", id, sequence)));
  return read.flatMap((bytes) => {
    if (bytes === undefined) throw new IndexDamaged("The index's list of parked cases is gone");
    return JSON.parse(new TextDecoder().decode(bytes)) as ParkedRef[];
  });
}

/** The runs and lists that a manifest names. */
export function runsNamedBy({ runs, parkedIn }: Manifest): Set<string> {
  return new Set([...runs.map(({ id }) => id), ...parkedIn === undefined ? [] : [parkedIn.id]]);
}
