/** What passes between the chaos command and the nodes it started: orders down, reports up, a JSON line each. @module */
import type { DeliveryFailure, RuntimeEventKind, SettleResult } from "../../proof/history.ts";

/** What a node of chaos can be told to do to itself. There is no other way in, and no other node listens. */
export type Order =
  | { readonly do: "worker"; readonly worker: number; readonly act: WorkerOrder }
  /** Batches that were handled wait before they are settled, until told otherwise. */
  | { readonly do: "hold"; readonly on: boolean }
  /** Every batch is delivered again, together with the next one of its mailbox. */
  | { readonly do: "repeat"; readonly on: boolean }
  | { readonly do: "clock"; readonly shiftMs: number };

/** What a worker does on order, outside any handler. */
export type WorkerOrder = "throw" | "hang" | "fill_heap" | "slow" | "fast";

/** What a node reports. Times are milliseconds since 1970 by a clock that no fault shifts. */
export type NodeReport =
  | { readonly kind: "hello"; readonly node: string; readonly life: string; readonly pid: number }
  | {
    readonly kind: "lease_acquired";
    readonly processor: string;
    readonly partition: number;
    readonly epoch: number;
    readonly at: number;
  }
  | SettleBegun
  | { readonly kind: "settle_ended"; readonly id: number; readonly result: SettleResult; readonly at: number }
  | {
    readonly kind: "observed";
    readonly what: RuntimeEventKind;
    readonly at: number;
    readonly ids: Record<string, string | number>;
  }
  | { readonly kind: "in_flight"; readonly bytes: number; readonly bound: number }
  | MailboxTotals
  | { readonly kind: "order_done"; readonly order: number; readonly evidence: number }
  | { readonly kind: "crashed"; readonly why: string };

/** How all mailboxes together stand. */
export interface MailboxTotals {
  readonly kind: "health";
  readonly at: number;
  readonly mailboxes: number;
  readonly pending: number;
  readonly parked: number;
  readonly retrying: number;
  readonly timersDue: boolean;
}

interface SettleBegun {
  readonly kind: "settle_begun";
  readonly id: number;
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly batch: "fresh" | "redelivery";
  readonly from: number;
  readonly to: number;
  readonly positions: readonly number[];
  readonly failed: readonly DeliveryFailure[];
  readonly at: number;
}

/** How a node is started: the one argument of its entry, as JSON. */
export interface NodePlan {
  readonly role: "guardian" | "node";
  readonly node: string;
  readonly backend: "postgres" | "nats";
  readonly url: string;
  /** The stream, on NATS. */
  readonly stream: string;
  /** Its heap can be filled within a second. */
  readonly smallHeap: boolean;
  /** Where its orders come from, on the loopback. */
  readonly control: number;
}

/** Now, by a clock that the clock fault leaves alone. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Whole lines of a connection, one after the other. */
export async function* readTextLines(connection: Deno.TcpConn): AsyncGenerator<string> {
  let rest = "";
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  for (let n = await read(connection, buffer); n !== null; n = await read(connection, buffer)) {
    const lines = (rest + decoder.decode(buffer.subarray(0, n), { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}

async function read(connection: Deno.TcpConn, buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
  try {
    return await connection.read(buffer);
  } catch {
    // A connection that is broken off has ended, as a killed process's does.
    return null;
  }
}
