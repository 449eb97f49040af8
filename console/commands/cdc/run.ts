/** What the subcommands of `cdc` do. @module */
import config from "../../../deno.json" with { type: "json" };
import type { ChangeOrigin } from "../../../backends/postgres/cdc/debezium.ts";
import { dropCdcSlot, readSlots } from "../../../backends/postgres/cdc/slot.ts";
import { type TableName, writeSnapshot } from "../../../backends/postgres/cdc/snapshot.ts";
import { streamChanges } from "../../../backends/postgres/cdc/stream_changes.ts";
import { PostgresClient } from "../../../backends/postgres/connection/client.ts";
import type { PostgresTarget } from "../../../backends/postgres/connection/driver_options.ts";
import { addressOf, parsePostgresUrl } from "../../../schema/postgres/postgres_url.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { namingServer } from "../../store/server_address.ts";
import { maskRows, tableNames } from "./mask_row.ts";
import { fileSink, openSink } from "./open_sink.ts";
import type { CdcStatusValues, DropCdcValues, SnapshotValues, StartCdcValues } from "./options.ts";

type ServerValues = Pick<StartCdcValues, "url" | "tls-ca">;

/** Throws UsageError without a server: the log of the embedded one is not decoded. */
function targetOf({ url, "tls-ca": caFile }: ServerValues): PostgresTarget & { readonly url: string } {
  if (url === undefined) throw new UsageError("cdc needs --url: a PostgreSQL with wal_level = logical");
  return { url, caFile };
}

/** Streams until it is stopped. */
export async function startCdc(values: StartCdcValues, output: Output): Promise<number> {
  const target = targetOf(values);
  const stop = listenForStop(false);
  try {
    const sink = await openSink(values, { output, signal: stop.graceful });
    await streamChanges({
      ...{ target, slot: values.slot, tables: tablesOf(values), sink },
      takesSnapshot: values["snapshot-mode"] === "initial",
      origin: originOf(values, target.url),
      mask: maskRows(values.columns),
      outboxes: values.outbox,
      heartbeatMs: values.heartbeat,
      untilIdle: values["until-idle"],
      signal: stop.graceful,
      onNotice: (line) => output.err(line),
    }).catch(namingServer(addressOf(target.url)));
    return exitCodes.ok;
  } finally {
    stop.close();
  }
}

/** Writes the rows as they are now. */
export function printSnapshot(values: SnapshotValues, output: Output): Promise<number> {
  return withClient(values, async (client) => {
    const sink = fileSink(values.to, output);
    const session = client.openSession();
    try {
      await sink.open();
      const count = await writeSnapshot(session, {
        tables: tablesOf(values),
        outboxes: values.outbox,
        origin: originOf(values, targetOf(values).url),
        mask: maskRows(values.columns),
        write: (lines) => sink.write(lines),
      });
      output.err(`${count} rows`);
      return exitCodes.ok;
    } finally {
      sink.close();
      await session.end({ timeout: 0 });
    }
  });
}

const OWN_TABLES = ["zaakstroom.events", "zaakstroom.outbox"];

/** What is named, outboxes too; our own where nothing is. A name without a dot is the prefix of messages. */
function tablesOf({ tables, outbox }: Pick<StartCdcValues, "tables" | "outbox">): readonly TableName[] {
  const named = tables ?? (outbox.length === 0 ? OWN_TABLES : []);
  return tableNames([...new Set([...named, ...outbox.filter((name) => name.includes("."))])]);
}

const COLUMNS = [
  "slot",
  "active",
  "wal_status",
  "confirmed",
  "behind_bytes",
  "behind_seconds",
  "retained_bytes",
  "safe_bytes",
  "tables",
];

export function showSlots(values: CdcStatusValues, output: Output): Promise<number> {
  return withClient(values, async (client) => {
    const rows = await readSlots(client);
    printResult(output, values, listResult("slots", rows, { columns: COLUMNS, empty: "There is no slot" }));
    return exitCodes.ok;
  });
}

export function dropCdc(values: DropCdcValues, output: Output): Promise<number> {
  return withClient(values, async (client) => {
    const { slot } = values;
    const wasThere = await dropCdcSlot(client, slot);
    const text = wasThere ? `Removed the slot ${slot}` : `There is no slot ${slot}`;
    printResult(output, values, { json: { slot, removed: wasThere }, text });
    return wasThere ? exitCodes.ok : exitCodes.notFound;
  });
}

async function withClient(
  values: ServerValues,
  use: (client: PostgresClient) => Promise<number>,
): Promise<number> {
  const target = targetOf(values);
  const client = new PostgresClient(target, { connections: 1 });
  try {
    return await use(client).catch(namingServer(addressOf(target.url)));
  } finally {
    await client.close();
  }
}

function originOf(values: Pick<StartCdcValues, "topic-prefix">, url: string): ChangeOrigin {
  return {
    version: config.version,
    name: values["topic-prefix"],
    database: parsePostgresUrl(url).database ?? "",
  };
}
