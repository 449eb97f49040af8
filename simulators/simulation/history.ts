/** The history of a simulation: what happened, in order, for the checker, and as a hash to compare runs by. @module */
import type { Batch } from "../../backends/mailbox/batch.ts";
import type { Settlement } from "../../backends/mailbox/mailbox.ts";
import type { SimulatedTime } from "./simulated_time.ts";

/** A settlement as the store met it. */
interface SettleRecord {
  readonly node: string;
  readonly processor: string;
  readonly partition: number;
  /** Under which epoch it was asked for, and which one held the lease just then. */
  readonly epoch: number;
  readonly current: number;
  readonly batch: Batch;
  readonly settlement: Settlement;
  /** False when it was refused. */
  readonly accepted: boolean;
}

export class SimulationHistory {
  readonly settled: SettleRecord[] = [];
  /** Ids of the events whose append was acknowledged. */
  readonly acknowledged = new Set<string>();
  /** What nodes knew and must have told, and what they told, by node and thing: how often. */
  readonly expected = new Map<string, number>();
  readonly observed = new Map<string, number>();
  /** Breaches that were seen while it ran. */
  readonly breaches: string[] = [];
  /** How often each kind of fault took effect. */
  readonly effects = new Map<string, number>();
  readonly lines: string[] = [];
  readonly #time: SimulatedTime;
  #hash = 0x811c9dc5;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  /** Adds a line to the trace. */
  record(line: string): void {
    const text = `${this.#time.now.toFixed(3)} ${line}`;
    this.lines.push(text);
    for (let i = 0; i < text.length; i++) {
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(i), 0x01000193);
    }
  }

  recordBreach(line: string): void {
    this.record(`BREACH ${line}`);
    this.breaches.push(line);
  }

  /** A fault took effect. */
  recordEffect(kind: string, where: string): void {
    this.record(`fault ${kind} ${where}`);
    this.effects.set(kind, (this.effects.get(kind) ?? 0) + 1);
  }

  recordExpected(node: string, what: string): void {
    this.record(`${node} knows ${what}`);
    count(this.expected, `${node} ${what}`);
  }

  recordObserved(node: string, what: string): void {
    this.record(`${node} tells ${what}`);
    count(this.observed, `${node} ${what}`);
  }

  /** The same for the same run. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
