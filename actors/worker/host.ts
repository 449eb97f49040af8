/// <reference lib="deno.worker" />
/**
 * What makes a Web Worker a host of processors. A program with processors of its own has a worker file of its own, which
 * it names as `entry` in the options of the supervisor; it runs with no permissions at all.
 *
 * ```ts
 * // worker.ts
 * import { host } from "@zaakstroom/zaakstroom/worker";
 * import { arrears } from "./arrears.ts";
 *
 * host([arrears]);
 * ```
 * @module
 */
import { Hash, hash } from "node:crypto";
import { BatchDispatcher } from "./batch_dispatcher.ts";
import type { AnyProcessor } from "../processor.ts";
import type { Hold, ToWorker } from "./protocol.ts";

/**
 * Messages are the runtime's alone: the first of them brings the secret of the store. Whoever listens to them later than this
 * module, which is evaluated before those of processors, is told nothing. What comes before all modules are evaluated is kept:
 * where one of them takes its time, messages arrive in between.
 */
const early: (ToWorker | Hold)[] = [];
let receive: (message: ToWorker | Hold) => void = (message) => void early.push(message);
self.addEventListener("message", (event: MessageEvent<ToWorker | Hold>) => {
  event.stopImmediatePropagation();
  receive(event.data);
});

/** What makes ids of the secret, and calls these methods with it: they stay what they are, once the first hash has set them up. */
hash("sha256", "");
Object.freeze(Hash.prototype);

/** Kept for as long as the thread runs, whatever the garbage collector makes of a port that nobody uses. */
const held: MessagePort[] = [];

/** Hosts these processors in this worker, from now on. `configure` is given what the supervisor has for them, before any event. */
export function host(
  processors: readonly AnyProcessor[],
  configure?: (configuration: unknown) => void,
): void {
  const [post, after] = [self.postMessage.bind(self), setImmediate];
  const batches = new BatchDispatcher(processors, {
    post: (message) => post(message),
    heapBytes,
    // setImmediate runs after all tasks queued before it, and never during an endless chain of promises.
    whenIdle: (act) => void after(act),
  });
  disableExits();
  receive = (message) => {
    if (message.kind === "setup" && message.configuration !== undefined) configure?.(message.configuration);
    if (message.kind === "hold") held.push(message.port);
    else batches.onMessage(message);
  };
  for (const message of early.splice(0)) receive(message);
}

/**
 * Makes the handlers' ways out throw. The supervisor could not contain them: a worker that ends itself does so without an
 * event, messages of a handler fill the memory of its parent, and the thread of a nested worker can't be terminated.
 */
function disableExits(): void {
  Object.assign(Deno, { exit: refusal("end its worker") });
  const closed = { close: "end its worker", postMessage: "post messages", Worker: "start a thread" };
  for (const [name, act] of Object.entries(closed)) {
    Object.defineProperty(self, name, { value: refusal(act), configurable: true, writable: true });
  }
}

function refusal(act: string): () => never {
  // Not an arrow function, so that `new Worker` throws this error too.
  return function () {
    throw new Error(`A handler can't ${act}`);
  };
}

/** Interval between two measurements of the heap: one takes longer than a delivery. */
const HEAP_SAMPLE_MS = 10;
let lastSample = { at: -Infinity, bytes: 0 };

/** Buffers are outside the heap, and count too. */
function heapBytes(): number {
  const at = performance.now();
  if (at - lastSample.at < HEAP_SAMPLE_MS) return lastSample.bytes;
  const { heapUsed, external } = Deno.memoryUsage();
  lastSample = { at, bytes: heapUsed + external };
  return lastSample.bytes;
}
