/** Runs as the manifest names them. @module */

/** Sorted entries: those of cases and timers by the hash of their key, and timers again by due time. */
export interface RunRef {
  readonly id: string;
  readonly level: number;
  readonly entries: number;
  /** Of its blocks of entries. */
  readonly bytes: number;
  /** The sequence of each block; 0 for one without entries. A key's block is the slice of the hashes that it is in. */
  readonly blocks: readonly number[];
  /** The sequences of the parts of its filter. */
  readonly filter: readonly number[];
  readonly due: DueBlocks;
}

/** Timers by due time. */
interface DueBlocks {
  readonly blocks: readonly number[];
  /** When the first timer of each block is due: due times are not spread evenly, so their block is no arithmetic. */
  readonly firsts: readonly number[];
}
