/** Loads an index: the manifest and what the log has behind it, always both. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import type { KeyHasher } from "./entry/key.ts";
import { IndexContents, type KnownCases } from "./index_contents.ts";
import type { IndexLimits } from "./index_limits.ts";
import { EMPTY_MANIFEST, type Manifest, readManifestText } from "./manifest.ts";
import type { IndexedLog } from "./indexed_log.ts";
import type { IndexStore, StoredManifest } from "./store/index_store.ts";

export interface LoadContext {
  readonly store: IndexStore;
  readonly log: IndexedLog;
  readonly hasher: KeyHasher;
  readonly limits: IndexLimits;
  /** Called after each record that was read; an owner writes levels meanwhile. */
  readonly onRecord: (contents: IndexContents) => Promise<void> | void;
}

/** Nothing is known of a case that is read from the log. */
const NO_CASES: KnownCases = { get: () => undefined };

/** The manifest, unless it is not to be believed, and what is behind it. */
export async function loadIndex(context: LoadContext): Promise<IndexContents> {
  const stored = await context.store.readManifest();
  const contents = contentsOf(context, stored, await believedManifest(context, stored));
  await readBehind(context, contents);
  return contents;
}

/** An index made anew from the whole log. */
export async function rebuildIndex(context: LoadContext): Promise<IndexContents> {
  const stored = await context.store.readManifest();
  const contents = contentsOf(context, stored, { ...EMPTY_MANIFEST, epoch: epochIn(stored) });
  await readBehind(context, contents);
  return contents;
}

function contentsOf(
  { hasher, store, limits }: LoadContext,
  stored: StoredManifest | undefined,
  manifest: Manifest,
): IndexContents {
  const named = { ...manifest, hasher: hasher.id };
  return new IndexContents(hasher, store, named, stored?.sequence ?? 0, limits.nearTimers);
}

/** Reads on in the log; whoever read from it before has the same records. */
export async function readBehind(context: LoadContext, contents: IndexContents): Promise<void> {
  for await (const record of context.log.recordsBehind(contents.last)) {
    contents.absorb(record, NO_CASES);
    await context.onRecord(contents);
  }
}

/**
 * The stored manifest, or an empty one. After a power failure, or the promotion of a mirror, the index may be ahead of the log:
 * then the log has no record where the manifest ends, or by now another one.
 */
async function believedManifest(
  { store, log, hasher }: LoadContext,
  stored: StoredManifest | undefined,
): Promise<Manifest> {
  if (stored === undefined) return EMPTY_MANIFEST;
  const manifest = await readManifestText(stored.text, store).catch((error) => {
    if (error instanceof BackendUnavailable || error instanceof BackendUnusable) throw error;
    // Anybody with the right may have written it.
    return undefined;
  });
  const { last, nonce } = (manifest ?? EMPTY_MANIFEST).snapshot.state;
  const isOfLog = last === 0 || await log.nonceAt(last) === nonce;
  if (manifest?.hasher === hasher.id && isOfLog) return manifest;
  return { ...EMPTY_MANIFEST, epoch: epochIn(stored) };
}

/** The epoch of a manifest, whatever else is wrong with it. */
function epochIn(stored: StoredManifest | undefined): number {
  return Number(/"epoch":(\d+)/.exec(stored?.text ?? "")?.[1] ?? 0);
}
