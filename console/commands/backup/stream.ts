/** `backup stream`. @module */
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import type { BackupKey } from "../../../backends/backup/key_file.ts";
import type { StreamValues } from "./options.ts";
import { keyFrom, required, withNats, withServer } from "./source.ts";

/** Streams until it is stopped. On a terminal it shows the newest moment that can be restored. */
export async function streamLog(values: StreamValues, output: Output): Promise<number> {
  const { slot } = values;
  if (values["drop-slot"]) return await withServer(values, (target) => drop({ target }, slot, output));
  const to = required(values.to, "stream", "to");
  const key = await keyFrom(values["key-file"]);
  const stop = listenForStop(false);
  let isKept = false;
  const onNewest = ({ at }: { readonly at: string }) => {
    if (!isKept) output.err(`Keeping the log: every moment from ${at} on can be restored with a backup`);
    isKept = true;
  };
  try {
    const onNotice = (line: string) => output.err(line);
    const request = { to, key, signal: stop.graceful, onNotice, onNewest };
    if (values.backend === "nats") await streamOfNats(values, request);
    else await streamOfPostgres(values, { ...request, slot });
    return exitCodes.ok;
  } finally {
    stop.close();
  }
}

/** What a stream is told, whatever it is of. */
interface StreamRequest {
  readonly to: string;
  readonly key: BackupKey | undefined;
  readonly signal: AbortSignal;
  onNotice(line: string): void;
  onNewest(mark: { readonly at: string }): void;
}

async function streamOfNats(values: StreamValues, request: StreamRequest): Promise<void> {
  const { streamRecords } = await import("../../../backends/nats/backup/stream.ts");
  await withNats(values, (options) => streamRecords({ ...request, options }));
}

async function streamOfPostgres(
  values: StreamValues,
  request: StreamRequest & { readonly slot: string },
): Promise<void> {
  const { streamBackup } = await import("../../../backends/postgres/backup/stream.ts");
  await withServer(values, (target) => streamBackup({ ...request, target }));
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
