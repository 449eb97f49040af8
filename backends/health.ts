/** How a store and its mailboxes stand. @module */
import type { Pause } from "./pauses.ts";

import type { Restoration } from "./restoration.ts";

/** How one mailbox stands. */
export interface MailboxHealth {
  readonly processor: string;
  readonly partition: number;
  readonly owner: string | null;
  readonly epoch: number;
  /** Milliseconds the lease still runs; negative when it has expired. */
  readonly leaseMs: number;
  /** Deliveries behind the checkpoint. Counted up to 10,000, which then means "or more". */
  readonly pending: number;
  /** Age of the oldest of them in milliseconds. */
  readonly oldestMs: number;
  /** Milliseconds since the last settle, or null when there was none. */
  readonly sinceSettledMs: number | null;
  /** Deliveries that wait: for their next try, or behind an earlier one of their case. */
  readonly parked: number;
  /** Age of the oldest of them in milliseconds, since its event was stored; 0 when there is none. */
  readonly parkedOldestMs: number;
  /** Those of them that will be tried again by themselves. */
  readonly retrying: number;
  readonly dead: number;
  /** What it waits for where that is known: by the node that has the mailbox alone. */
  readonly waitsFor?: string | undefined;
}

/** How the read model of a projection stands. */
export interface ProjectionHealth {
  readonly name: string;
  /** One is read; without, the first is being built. */
  readonly isServed: boolean;
  /** Another one is being built beside it. */
  readonly isRebuilding: boolean;
  /** Events that the one that is read has not taken in; of each partition counted up to 10,000. */
  readonly pending: number;
  /** Events that are no events, and were passed over. */
  readonly skipped: number;
  /** Where it stands still, and why. */
  readonly held: readonly {
    readonly partition: number;
    readonly position: number;
    readonly eventType: string;
    readonly reason: string;
  }[];
}

/** What an acknowledgement means, for those who say it in another language than `durability` does. */
export type Promised =
  | { readonly kind: "memory" | "fsync_off" | "commit_off" | "replica_disk" | "replica_process" }
  | { readonly kind: "disk" | "disk_and_standbys"; readonly commit: string }
  | { readonly kind: "majority" | "majority_disks"; readonly replicas: number };

/** A node that is alive. */
export interface NodeHealth {
  readonly node: string;
  /** The processors that it has. */
  readonly processors: readonly string[];
}

/** How the copying of events for others stands. */
export interface FanOutHealth {
  /** The node that copies; null while none does. */
  readonly writer: string | null;
  /** Events that are not copied yet. */
  readonly pending: number;
  /** Age of the oldest of them in milliseconds, since it was stored; 0 when there is none. */
  readonly oldestMs: number;
  /** Why it stands still until a person has answered. */
  readonly held?: string | undefined;
}

export interface Health {
  /** What an acknowledgement means here, in words. */
  readonly durability: string;
  readonly promised?: Promised;
  /** True when an acknowledged event survives a power failure of any one machine: what `--require-durable` asks for. */
  readonly survivesPowerFailure: boolean;
  /** Durable timers that have not fired yet. On JetStream counted up to 10,000 in each partition. */
  readonly timers: number;
  /** When the next of them is due, an ISO time; null when there is none. */
  readonly nextTimerAt: string | null;
  readonly mailboxes: readonly MailboxHealth[];
  /** Events in the inbox: refused, and waiting for a person. */
  readonly rejected?: number;
  /** Processors and nodes that take no work; left out where nothing is known of them. */
  readonly pauses?: readonly Pause[];
  /** The nodes that are alive; left out where nothing is known of them. */
  readonly nodes?: readonly NodeHealth[];
  /** Read models, where the store keeps any. */
  readonly projections?: readonly ProjectionHealth[];
  /** The fan-out, where the store has one. */
  readonly fanOut?: FanOutHealth | undefined;
  /** Of a store that came from a backup, until a person has accepted it. */
  readonly restoration?: Restoration | undefined;
}
