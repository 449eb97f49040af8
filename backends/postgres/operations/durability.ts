/** What an acknowledgement of a PostgreSQL store promises. @module */
import type { Health } from "../../health.ts";
import type { PostgresClient } from "../connection/client.ts";

/** The settings that decide it, as our sessions have them. */
interface DurabilitySettings {
  readonly fsync: string;
  /** `synchronous_commit` */
  readonly commit: string;
  /** `synchronous_standby_names` */
  readonly standbys: string;
}

type Durability = Pick<Health, "durability" | "promised" | "survivesPowerFailure">;

/** Asks the server. */
export async function readDurability(client: PostgresClient): Promise<Durability> {
  const [row] = await client.run((sql) =>
    sql<[DurabilitySettings]>`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
        current_setting('synchronous_standby_names') as standbys`
  );
  return describeDurability(row);
}

/** In words, and whether it is enough for `--require-durable`. */
export function describeDurability({ fsync, commit, standbys }: DurabilitySettings): Durability {
  if (fsync !== "on") {
    return weak(
      "fsync_off",
      "an acknowledged event may be lost when the server's machine stops: fsync is off",
    );
  }
  if (commit === "off") {
    return weak(
      "commit_off",
      "the last moments may be lost when the server stops: synchronous_commit is off",
    );
  }
  const disk = `an acknowledged event is on the server's disk (fsync on, synchronous_commit ${commit})`;
  const alone = standbys === "" || commit === "local";
  return {
    durability: alone ? disk : `${disk} and on its synchronous standbys`,
    promised: { kind: alone ? "disk" : "disk_and_standbys", commit },
    survivesPowerFailure: true,
  };
}

function weak(kind: "fsync_off" | "commit_off", durability: string): Durability {
  return { durability, promised: { kind }, survivesPowerFailure: false };
}
