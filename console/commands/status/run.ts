/** What `status` does: asks, and shows; again and again where it watches. @module */
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { BackendUnavailable, BackendUnusable } from "../../../backends/errors.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { formatOf, printResult } from "../../cli/output.ts";
import { redact, toPrintable } from "../../cli/redaction.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { StoreStatusValues } from "./options.ts";
import { type StoreStatus, storeStatus } from "./store_status.ts";
import { statusText } from "./text.ts";

const EVERY_MS = 2_000;
/** The cursor to the upper left, and everything below it away. */
const HOME = "\x1b[H\x1b[J";

export function showStoreStatus(values: StoreStatusValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    if (values.watch) await watch(backend, values, output);
    else print(await read(backend), values, output);
    return exitCodes.ok;
  });
}

async function read(backend: Backend): Promise<StoreStatus> {
  const order = processors.map(({ name }) => name);
  return storeStatus(backend.name, await backend.health(), Date.now(), order);
}

async function watch(backend: Backend, values: StoreStatusValues, output: Output): Promise<void> {
  const stop = listenForStop(false);
  try {
    await watchStatus(backend, values, output, stop.graceful);
  } finally {
    stop.close();
  }
}

/**
 * On a terminal each picture takes the place of the one before; in a pipe they follow each other. Of a store that gives no answer
 * a line says so, once for each reason, and it is asked on.
 */
export async function watchStatus(
  backend: Backend,
  values: StoreStatusValues,
  output: Output,
  signal: AbortSignal,
  everyMs = EVERY_MS,
): Promise<void> {
  const isDrawn = output.width !== undefined && formatOf(values) === "table";
  for (let outage: string | undefined; !signal.aborted;) {
    try {
      const status = await read(backend);
      outage = undefined;
      if (isDrawn) await Deno.stdout.write(new TextEncoder().encode(HOME));
      print(status, values, output);
    } catch (error) {
      if (!(error instanceof BackendUnavailable || error instanceof BackendUnusable)) throw error;
      if (error.message !== outage) output.err(outageLine(error.message));
      outage = error.message;
    }
    await delayOrAbort(everyMs, signal);
  }
}

function outageLine(reason: string): string {
  return `${new Date().toISOString()} the store gives no answer, and is asked again: ${
    redact(toPrintable(reason))
  }`;
}

function print(status: StoreStatus, values: StoreStatusValues, output: Output): void {
  printResult(output, values, {
    json: status,
    rows: status.processors,
    text: statusText(status, output.width),
  });
}
