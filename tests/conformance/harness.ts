/** What the conformance suite needs of a backend that wants to be tested by it. @module */
import type { Backend } from "../../backends/backend.ts";
import type { WireEvent } from "../../schema/events.ts";

/** How one node of a case is opened. Left out: the backend's own default. */
export interface NodeOptions {
  /** False: it never renews its leases, as a process that was stopped would not. Default true. */
  renews?: boolean;
  batchSize?: number;
  batchBytes?: number;
}

/** An append that has drawn its place in the log and is not committed yet. */
export interface SlowAppend {
  commit(): Promise<void>;
}

/** One empty store, of two to sixteen partitions, for one case of the suite. */
export interface Harness {
  /** How long a lease runs: long enough for the machine, short enough to wait for. */
  readonly leaseMs: number;
  /** Opens a node on the store. The harness closes it, if the case did not. */
  backend(owner?: string, options?: NodeOptions): Promise<Backend>;
  /** Lets time pass by the store's clock: simulated or real. `advance(0)` lets everybody act who can. */
  advance(ms: number): Promise<void>;
  /** Makes the next write of a dead letter fail. */
  failNextDeadLetterWrite?(): void | Promise<void>;
  /** Opens an append whose commit is left to the case. */
  slowAppend?(events: readonly WireEvent[]): Promise<SlowAppend>;
  /**
   * Leaves an event as text where producers leave theirs: the outbox, the ingest subject. In the name of a producer where one is
   * given; else that of whoever reaches the door.
   */
  leaveEvent?(text: string | Uint8Array, producer?: string): Promise<void>;
  /** Puts what is no event into the log, past every door, where an intake of this case would be. */
  plantGarbage?(caseId: string): Promise<void>;
  close(): Promise<void>;
}

/** What only some harnesses can do. Cases that need more than is offered are reported as ignored. */
export type Ability = "failNextDeadLetterWrite" | "slowAppend" | "leaveEvent" | "plantGarbage";
