/** How workers are made: as Web Workers without permissions, unless a simulation replaces them. @module */
import type { FromWorker, ToWorker } from "../worker/protocol.ts";
import { type ThreadWatch, watchThread } from "./runaway_thread.ts";

/** What the supervisor's thread needs of a worker. */
export interface WorkerLike {
  onmessage: ((event: MessageEvent<FromWorker | null>) => unknown) | null;
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  onerror: ((event: ErrorEvent) => unknown) | null;
  postMessage(message: ToWorker): void;
  terminate(): void;
  /** Watches its thread, where it has one of its own. Called once it is ready. */
  watchThread?(): ThreadWatch;
}

/** Makes a worker. If it throws, the worker counts as ended for that reason. */
export type SpawnWorker = () => WorkerLike;

/** A Web Worker with no permissions at all; `entry` hosts other processors than those of `worker.ts`. */
export function spawnWebWorker(entry?: URL): WorkerLike {
  const options = { type: "module", deno: { permissions: "none" } } as WorkerOptions;
  // Named literally, so that a compiled binary contains it.
  const worker = entry === undefined
    ? new Worker(new URL("../worker/worker.ts", import.meta.url), options)
    : new Worker(entry, options);
  return Object.assign(worker, { watchThread: () => watchThread(worker) });
}
