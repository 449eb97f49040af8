/** How a process is asked to stop: by signals, or by its guardian. @module */

/** Requests to stop: the first asks, the second insists. */
export interface StopSignals {
  readonly graceful: AbortSignal;
  readonly immediate: Promise<void>;
  close(): void;
}

/**
 * Listens for requests to stop. Under a guardian they come by standard input: a terminal's Ctrl-C or hang-up reaches the
 * whole process group, and must not count twice; the end of the input means that the guardian is gone.
 */
export function listenForStop(guarded: boolean): StopSignals {
  const graceful = new AbortController();
  const immediate = Promise.withResolvers<void>();
  const request = () => graceful.signal.aborted ? immediate.resolve() : graceful.abort();
  const requestGraceful = () => graceful.abort();
  const ignore = () => {};
  const signals: [Deno.Signal, () => void][] = [
    ["SIGINT", guarded ? ignore : request],
    ["SIGTERM", guarded ? requestGraceful : request],
    ["SIGHUP", guarded ? ignore : requestGraceful],
  ];
  for (const [signal, act] of signals) Deno.addSignalListener(signal, act);
  if (guarded) listenToGuardian(request, requestGraceful);
  return {
    graceful: graceful.signal,
    immediate: immediate.promise,
    close() {
      for (const [signal, act] of signals) Deno.removeSignalListener(signal, act);
    },
  };
}

const LINE_END = 10;

async function listenToGuardian(onRequest: () => void, onEnd: () => void): Promise<void> {
  const buffer = new Uint8Array(256);
  try {
    for (let read = await Deno.stdin.read(buffer); read !== null; read = await Deno.stdin.read(buffer)) {
      // A line each: two of them may come at once.
      for (const byte of buffer.subarray(0, read)) if (byte === LINE_END) onRequest();
    }
  } catch {
    // A broken pipe says the same as its end.
  }
  onEnd();
}
