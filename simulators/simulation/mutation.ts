/** Seams through which a test breaks a mechanism on purpose, to see whether the simulation notices. @module */
import type { Observer } from "../../actors/observer.ts";
import type { SpawnWorker } from "../../actors/pool/spawn_worker.ts";
import type { Backend } from "../../backends/backend.ts";
import type { MemoryStore } from "../../backends/memory/memory_store.ts";

/** What stands in the place of the real thing; nothing where nothing is broken. */
export interface Mutation {
  /** The store itself, for nodes and producers. */
  readonly store?: (store: MemoryStore) => MemoryStore;
  /** The backend as the supervisor sees it, on its side of the network. */
  readonly backend?: (backend: Backend) => Backend;
  readonly spawn?: (spawn: SpawnWorker) => SpawnWorker;
  readonly observer?: (observer: Observer) => Observer;
}
