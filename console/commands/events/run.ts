/** What the subcommands of `events` do. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { openBackend } from "../../store/open_backend.ts";
import { printRead, printTail } from "./print_events.ts";
import type { ReadEventsValues, TailEventsValues } from "./options.ts";

/** Prints what is stored. */
export function readEvents(values: ReadEventsValues, output: Output): Promise<number> {
  return withStore(values, async (backend, signal) => {
    await printRead(backend, values, output, signal);
    return signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  });
}

/** Prints events as they are stored, until it is stopped. */
export function tailEvents(values: TailEventsValues, output: Output): Promise<number> {
  return withStore(values, async (backend, signal) => {
    await printTail(backend, values, output, signal);
    return exitCodes.ok;
  });
}

async function withStore(
  values: ReadEventsValues | TailEventsValues,
  use: (backend: Backend, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const opened = await openBackend(values, { role: "client" });
  const stop = listenForStop(false);
  try {
    return await Promise.race([
      use(opened.backend, stop.graceful),
      stop.immediate.then(() => exitCodes.interrupted),
    ]);
  } finally {
    stop.close();
    await opened.close();
  }
}
