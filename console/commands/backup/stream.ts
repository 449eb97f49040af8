/** `backup stream`. @module */
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import type { StreamValues } from "./options.ts";
import { keyFrom, required, withServer } from "./source.ts";

/** Streams until it is stopped. On a terminal it shows the newest moment that can be restored. */
export async function streamLog(values: StreamValues, output: Output): Promise<number> {
  const { slot } = values;
  if (values["drop-slot"]) return await withServer(values, (target) => drop({ target }, slot, output));
  const to = required(values.to, "stream", "to");
  const key = await keyFrom(values["key-file"]);
  const { streamBackup } = await import("../../../backends/postgres/backup/stream.ts");
  const stop = listenForStop(false);
  let isKept = false;
  const onNewest = ({ at }: { readonly at: string }) => {
    if (!isKept) output.err(`Keeping the log: every moment from ${at} on can be restored with a backup`);
    isKept = true;
  };
  try {
    const onNotice = (line: string) => output.err(line);
    await withServer(
      values,
      (target) => streamBackup({ target, to, key, slot, signal: stop.graceful, onNotice, onNewest }),
    );
    return exitCodes.ok;
  } finally {
    stop.close();
  }
}

async function drop(
  source: Parameters<typeof import("../../../backends/postgres/backup/stream.ts").dropSlot>[0],
  slot: string,
  output: Output,
): Promise<number> {
  const { dropSlot } = await import("../../../backends/postgres/backup/stream.ts");
  const wasThere = await dropSlot(source, slot);
  output.out(wasThere ? `Removed the slot ${slot}` : `There is no slot ${slot}`);
  return wasThere ? exitCodes.ok : exitCodes.notFound;
}
