/** What an acknowledgement of a JetStream store promises. @module */
import type { Health } from "../../health.ts";

/**
 * In words, and whether it is enough for `--require-durable`: a majority of several servers holds it, or the disk of the
 * one. A server tells its clients how many replicas a stream has, and not how often it syncs.
 */
export function describeDurability(
  replicas: number,
  syncAlways: boolean | undefined,
): Pick<Health, "durability" | "promised" | "survivesPowerFailure"> {
  if (replicas > 1) {
    const held = `an acknowledged event is held by a majority of ${replicas} servers (R${replicas})`;
    const durability = syncAlways
      ? `${held}, on their disks`
      : `${held}; it may be lost when most of them lose ` +
        "power at once, within their sync_interval";
    const kind = syncAlways ? "majority_disks" : "majority";
    return { durability, promised: { kind, replicas }, survivesPowerFailure: true };
  }
  if (syncAlways === true) {
    const durability = "an acknowledged event is on the server's disk (one replica, sync_interval: always)";
    return { durability, promised: { kind: "replica_disk" }, survivesPowerFailure: true };
  }
  return {
    durability:
      "an acknowledged event survives the end of the server's process, and may be lost when its machine " +
      "loses power within its sync_interval (two minutes unless set): one replica, and a server does not tell",
    promised: { kind: "replica_process" },
    survivesPowerFailure: false,
  };
}
