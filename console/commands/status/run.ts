/** What `status` does: asks, and shows; again and again where it watches. @module */
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { delayOrAbort } from "../../../backends/primitives/concurrency.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { formatOf, printResult } from "../../cli/output.ts";
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

/** On a terminal each picture takes the place of the one before; in a pipe they follow each other. */
async function watch(backend: Backend, values: StoreStatusValues, output: Output): Promise<void> {
  const isDrawn = output.width !== undefined && formatOf(values) === "table";
  const stop = listenForStop(false);
  try {
    while (!stop.graceful.aborted) {
      const status = await read(backend);
      if (isDrawn) await Deno.stdout.write(new TextEncoder().encode(HOME));
      print(status, values, output);
      await delayOrAbort(EVERY_MS, stop.graceful);
    }
  } finally {
    stop.close();
  }
}

function print(status: StoreStatus, values: StoreStatusValues, output: Output): void {
  printResult(output, values, {
    json: status,
    rows: status.processors,
    text: statusText(status, output.width),
  });
}
