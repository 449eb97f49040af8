/// <reference lib="deno.worker" />
/** A worker that takes batches, says which delivery it is at, and falls silent. @module */
import type { ToWorker } from "../../../actors/worker/protocol.ts";

let progress: Int32Array;
self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === "setup") {
    progress = new Int32Array(data.progress);
    self.postMessage({ kind: "ready" });
  }
  if (data.kind === "batches") Atomics.store(progress, 0, data.requests[0]!.id);
};
