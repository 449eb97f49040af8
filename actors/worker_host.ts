/// <reference lib="deno.worker" />
/** What makes a Web Worker a host of processors. @module */
import { BatchHost } from "./batch_host.ts";
import type { AnyProcessor } from "./processor.ts";
import type { ToWorker } from "./worker_protocol.ts";

/** Hosts these processors in this worker, from now on. */
export function host(processors: readonly AnyProcessor[]): void {
  refuseToEnd();
  const batches = new BatchHost(processors, {
    post: (message, transfer) => self.postMessage(message, transfer),
    heapBytes,
  });
  self.onmessage = ({ data }: MessageEvent<ToWorker>) => batches.hear(data);
}

/** A worker that ends itself does so without a word to anybody: a handler that tries fails instead. */
function refuseToEnd(): void {
  const refuse = () => {
    throw new Error("A handler can't end its worker");
  };
  self.close = refuse;
  Object.assign(Deno, { exit: refuse });
}

/** Buffers are not in the heap, and count all the same. */
function heapBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
