/** The server that a backup is of, and the directory where it goes. @module */
import { join } from "node:path";
import { BackupError } from "../../../backends/backup/errors.ts";
import { type BackupKey, readKeyFile } from "../../../backends/backup/key_file.ts";
import { defaultDataDir } from "../../../backends/local_server/data_directory.ts";
import type { NatsOptions } from "../../../backends/nats/setup/options.ts";
import type { PostgresTarget } from "../../../backends/postgres/connection/driver_options.ts";
import { addressOf } from "../../../schema/postgres/postgres_url.ts";
import { UsageError } from "../../cli/exit_codes.ts";
import { namingServer, requirePostgresUrl } from "../../store/server_address.ts";
import type { CreateValues, ServerValues, StreamValues } from "./options.ts";

/** A value that a command can't do without. Throws UsageError. */
export function required(value: string | undefined, verb: string, option: string): string {
  if (value === undefined) throw new UsageError(`backup ${verb} needs --${option}`);
  return value;
}

/** The key of the backups, where one is named. */
export async function keyFrom(path: string | undefined): Promise<BackupKey | undefined> {
  return path === undefined ? undefined : await readKeyFile(path);
}

/** Runs something on the server that the options name; the embedded one is started where it does not run. */
export async function withServer<T>(
  values: ServerValues,
  use: (target: PostgresTarget) => Promise<T>,
): Promise<T> {
  requirePostgres(values);
  const { url, "tls-ca": caFile } = values;
  if (url !== undefined) return await use({ url, caFile }).catch(namingServer(addressOf(url)));
  const { openEmbedded } = await import("../../../backends/postgres/embedded/embedded.ts");
  const dataDir = values["data-dir"] ?? defaultDataDir();
  if (!await hasEmbedded(dataDir)) {
    throw new BackupError(
      "unusable",
      `There is no database in ${dataDir}: name another --data-dir, or --url`,
    );
  }
  const embedded = await openEmbedded({ role: "client", dataDir });
  try {
    return await use(embedded.connection);
  } finally {
    await embedded.close();
  }
}

/** Whether a data directory holds a database of its own; nothing is made. */
export async function hasEmbedded(dataDir: string): Promise<boolean> {
  return await Deno.stat(join(dataDir, "cluster")).then(() => true, () => false);
}

/** Runs something on the nats-server that the options name, or on that of the data directory, which is started. */
export async function withNats<T>(
  values: CreateValues | StreamValues,
  use: (options: NatsOptions) => Promise<T>,
): Promise<T> {
  const { openNatsServer } = await import("../../store/nats_server.ts");
  const server = await openNatsServer({ ...values, pooler: false }, "client");
  try {
    return await use(server.options).catch(namingServer(values.url && server.where));
  } finally {
    await server.close();
  }
}

function requirePostgres(values: ServerValues): void {
  if (values.backend === "nats") {
    throw new UsageError(
      "Cannot use --backend nats here: there are no replication slots on JetStream",
    );
  }
  requirePostgresUrl(values);
}
