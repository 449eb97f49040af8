/** Detects a terminated thread that still runs. @module */
import { delay } from "@std/async/delay";
import process from "node:process";
import { MessageChannel } from "node:worker_threads";
import type { Hold } from "../worker/protocol.ts";

/** Tells when the thread of a worker has ended. */
export interface ThreadWatch {
  /** Resolves once the thread has ended. A thread that runs on keeps this process from nothing. */
  ended(): Promise<void>;
  /** Watches no longer. */
  close(): void;
}

/**
 * The worker holds one end of a channel, and nobody uses it: it closes with the thread, and not before. The worker must be
 * ready: sent to one that has failed to start, the end would stay open here.
 */
export function watchThread(worker: Worker): ThreadWatch {
  const { port1: own, port2: held } = new MessageChannel();
  const port = held as unknown as MessagePort;
  worker.postMessage({ kind: "hold", port } satisfies Hold, [port]);
  const ended = () =>
    new Promise<void>((resolve) => {
      own.once("close", () => resolve());
      own.start();
      own.unref();
    });
  return { ended, close: () => own.close() };
}

/** Number of samples, and the length of each. Together longer than the two seconds that Deno grants a terminated thread. */
const SAMPLES = 12;
const SAMPLE_MS = 250;
/** Share of one core below which a process is idle. A thread in a loop gets more even on an overloaded machine. */
const IDLE_CPU_SHARE = 0.03;

/**
 * `terminate()` returns at once and does not stop a loop that never leaves native code. A thread whose channel closes has
 * ended, however busy the others are. Where it does not close, the CPU time of the process decides: idle in one sample, it
 * certainly has no such thread; busy in all of them, it is assumed to have one.
 */
export async function hasRunawayThread(thread?: ThreadWatch): Promise<boolean> {
  const decided = new AbortController();
  const busy = staysBusy(decided.signal);
  try {
    return await (thread === undefined ? busy : Promise.race([busy, thread.ended().then(() => false)]));
  } finally {
    decided.abort();
    thread?.close();
  }
}

async function staysBusy(signal: AbortSignal): Promise<boolean> {
  for (let sample = 0; sample < SAMPLES; sample++) {
    if (await cpuShare(SAMPLE_MS, signal) < IDLE_CPU_SHARE) return false;
  }
  return true;
}

/** The share of one core that this process uses during `forMs`. */
async function cpuShare(forMs: number, signal: AbortSignal): Promise<number> {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await delay(forMs, { signal });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / (performance.now() - began);
}
