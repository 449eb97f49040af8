/** What an acknowledgement means, as each store promises it. English as the store says it, then Dutch. @module */
import type { Promised } from "../../../backends/health.ts";

export const durabilityTexts = {
  "durability.memory": [
    "An acknowledged event is in the memory of this process, and gone when the process ends.",
    "Een bevestigd bericht staat in het geheugen van dit proces. Stopt het proces, dan is het weg.",
  ],
  "durability.fsync_off": [
    "an acknowledged event may be lost when the server's machine stops: fsync is off",
    "een bevestigd bericht kan weg zijn als de machine van de server uitvalt: fsync staat uit",
  ],
  "durability.commit_off": [
    "the last moments may be lost when the server stops: synchronous_commit is off",
    "de laatste ogenblikken kunnen weg zijn als de server stopt: synchronous_commit staat uit",
  ],
  "durability.disk": [
    "an acknowledged event is on the server's disk (fsync on, synchronous_commit {commit})",
    "een bevestigd bericht staat op de schijf van de server (fsync on, synchronous_commit {commit})",
  ],
  "durability.disk_and_standbys": [
    "an acknowledged event is on the server's disk (fsync on, synchronous_commit {commit}) and on its synchronous standbys",
    "een bevestigd bericht staat op de schijf van de server (fsync on, synchronous_commit {commit}) en op zijn synchrone kopieën",
  ],
  "durability.majority": [
    "an acknowledged event is held by a majority of {replicas} servers (R{replicas}); it may be lost when most of them lose power at once, within their sync_interval",
    "een bevestigd bericht staat op de meeste van {replicas} servers (R{replicas}). Het kan weg zijn als de meeste tegelijk stroom verliezen, binnen hun sync_interval",
  ],
  "durability.majority_disks": [
    "an acknowledged event is held by a majority of {replicas} servers (R{replicas}), on their disks",
    "een bevestigd bericht staat op de schijven van de meeste van {replicas} servers (R{replicas})",
  ],
  "durability.replica_disk": [
    "an acknowledged event is on the server's disk (one replica, sync_interval: always)",
    "een bevestigd bericht staat op de schijf van de server (één replica, sync_interval: always)",
  ],
  "durability.replica_process": [
    "an acknowledged event survives the end of the server's process, and may be lost when its machine loses power within its sync_interval (two minutes unless set): one replica, and a server does not tell",
    "een bevestigd bericht blijft als het proces van de server stopt. Het kan weg zijn als de machine stroom verliest binnen het sync_interval (twee minuten, tenzij anders ingesteld): één replica, en een server zegt dat niet",
  ],
} as const satisfies Record<`durability.${Promised["kind"]}`, readonly [string, string]>;
