/** How a process is asked to stop: by signals, or by its guardian. @module */

/** Requests to stop: the first asks, the second insists. */
interface StopRequests {
  readonly first: AbortSignal;
  readonly second: Promise<void>;
  close(): void;
}

/**
 * Listens for requests to stop. Under a guardian they come by standard input: a terminal's Ctrl-C reaches the whole
 * process group, and must not count twice; the end of the input means that the guardian is gone.
 */
export function stopRequests(guarded: boolean): StopRequests {
  const first = new AbortController();
  const insisted = Promise.withResolvers<void>();
  const ask = () => first.signal.aborted ? insisted.resolve() : first.abort();
  const once = () => first.abort();
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", guarded ? ignore : ask);
  Deno.addSignalListener("SIGTERM", guarded ? once : ask);
  if (guarded) listen(ask, once);
  return {
    first: first.signal,
    second: insisted.promise,
    close() {
      Deno.removeSignalListener("SIGINT", guarded ? ignore : ask);
      Deno.removeSignalListener("SIGTERM", guarded ? once : ask);
    },
  };
}

const LINE_END = 10;

async function listen(ask: () => void, gone: () => void): Promise<void> {
  const buffer = new Uint8Array(256);
  try {
    for (let read = await Deno.stdin.read(buffer); read !== null; read = await Deno.stdin.read(buffer)) {
      // A line each: two of them may come at once.
      for (const byte of buffer.subarray(0, read)) if (byte === LINE_END) ask();
    }
  } catch {
    // A broken pipe says the same as its end.
  }
  gone();
}
