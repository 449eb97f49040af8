/** Manifests are replaced by whoever is first: who expected another one tries again. @module */
import { ManifestConflict } from "./store/index_store.ts";

/** Repeats what met another manifest than it expected. */
export async function untilConsistent<T>(
  work: () => Promise<T>,
  onConflict?: () => Promise<void> | void,
): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ManifestConflict)) throw error;
      await onConflict?.();
    }
  }
}
