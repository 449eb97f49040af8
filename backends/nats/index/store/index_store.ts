/** Where the index of one partition is kept. @module */

/** Sorted blocks, or the parts of a filter. */
export type RunPart = "run" | "bloom";

export interface StoredManifest {
  /** What the next manifest expects. */
  readonly sequence: number;
  readonly text: string;
}

/** Another manifest took the place of the one that was expected. */
export class ManifestConflict extends Error {
  override name = "ManifestConflict";
}

/**
 * Blocks that are never changed, and one manifest that says which of them count. All of it can be made anew from the log.
 * Throws BackendUnavailable, after which what was to be written may be there or not.
 */
export interface IndexStore {
  readManifest(): Promise<StoredManifest | undefined>;
  /** Replaces the manifest that has this sequence (0: there is none), and returns its own. Throws ManifestConflict. */
  replaceManifest(text: string, expected: number): Promise<number>;
  /** Stores bytes of a run, and returns their sequence. Twice is harmless: the manifest names one of them. */
  putBlock(part: RunPart, run: string, bytes: Uint8Array): Promise<number>;
  /** Undefined when they are gone: the run was merged into another. */
  getBlock(part: RunPart, run: string, sequence: number): Promise<Uint8Array | undefined>;
  /** Every run that has anything stored. */
  listRuns(): Promise<readonly string[]>;
  purgeRuns(runs: readonly string[]): Promise<void>;
}
