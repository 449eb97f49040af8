/** Checks a PostgreSQL server and the store on it, and changes nothing. @module */
import { DEFAULT_PARTITIONS } from "../../../schema/partition.ts";
import { diskSpace } from "../../diagnosis/disk_space.ts";
import type { Finding } from "../../diagnosis/finding.ts";
import { BackendUnusable } from "../../errors.ts";
import { PostgresClient } from "../connection/client.ts";
import type { PostgresTarget } from "../connection/driver_options.ts";
import { migrate } from "../setup/migrate.ts";
import { findingsOf } from "./findings.ts";
import { readFacts, type ServerFacts } from "./server_facts.ts";

/** Throws BackendUnavailable where no server answers, and BackendUnusable where it lets nobody in. */
export async function diagnosePostgres(target: PostgresTarget): Promise<readonly Finding[]> {
  // As behind a pooler, no settings are sent: what is read is what other sessions of this role get.
  const client = new PostgresClient({ ...target, pooler: true }, { connections: 1 });
  try {
    const facts = await readFacts(client);
    const storeRefusal = await refusalOf(client);
    const disk = await localDisk(facts.server);
    return findingsOf(facts, { pooler: target.pooler ?? false, storeRefusal, disk });
  } finally {
    await client.close();
  }
}

/** Why this program would refuse the store, in its own words. */
async function refusalOf(client: PostgresClient): Promise<string | undefined> {
  try {
    await migrate(client, { mode: "check", partitions: DEFAULT_PARTITIONS });
    return undefined;
  } catch (error) {
    if (!(error instanceof BackendUnusable)) throw error;
    return error.message;
  }
}

/** The disk of a server of this machine, whose directory only a superuser or a member of pg_read_all_settings sees. */
async function localDisk({ isLocal, settings }: ServerFacts) {
  const { data_directory: directory } = settings;
  return isLocal && directory !== undefined ? await diskSpace(directory) : undefined;
}
