/// <reference lib="deno.worker" />
/** Asks a node for its health again and again, on a thread that has nothing else to do and is never late itself. @module */
import { delay } from "@std/async/delay";

/** What came of one question. */
export interface ProbeAnswer {
  readonly ms: number;
  readonly isAnswered: boolean;
  /** Events that the health shows as refused. */
  readonly refused: number | undefined;
}

const INTERVAL_MS = 50;
const TIMEOUT_MS = 5_000;

async function ask(url: string): Promise<ProbeAnswer> {
  const began = performance.now();
  const took = () => performance.now() - began;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { refused } = await (await fetch(url, { signal, headers: { connection: "close" } })).json();
    return { ms: took(), isAnswered: true, refused };
  } catch {
    return { ms: took(), isAnswered: false, refused: undefined };
  }
}

self.onmessage = async ({ data: url }: MessageEvent<string>) => {
  for (;;) {
    self.postMessage(await ask(url));
    await delay(INTERVAL_MS);
  }
};
