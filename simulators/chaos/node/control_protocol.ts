/** What passes between the chaos command and the nodes it started: orders down, reports up, a JSON line each. @module */
import type { RunReport } from "../../proof/run_report.ts";

/** What a node of chaos does to itself on order. There is no other way in, and no other node listens. */
export type Order =
  | { readonly do: "worker"; readonly worker: number; readonly act: WorkerOrder }
  /** Batches that were handled wait before they are settled, until `on` is false. */
  | { readonly do: "hold"; readonly on: boolean }
  /** Every batch is delivered again, together with the next one of its mailbox. */
  | { readonly do: "repeat"; readonly on: boolean }
  | { readonly do: "clock"; readonly shiftMs: number };

/** What a worker does on order, outside any handler. */
export type WorkerOrder = "throw" | "hang" | "fill_heap" | "slow" | "fast";

/** What a node reports by its control connection. */
export type NodeReport =
  | RunReport
  | { readonly kind: "hello"; readonly node: string; readonly life: string; readonly pid: number }
  | { readonly kind: "serving"; readonly url: string }
  | { readonly kind: "order_done"; readonly order: number; readonly evidence: number };

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
  /** The path of the program that runs it. */
  readonly entry: string;
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
