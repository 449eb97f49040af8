/** The trace of a simulation: everything that happens, a line each, and a hash by which runs are compared. @module */
import type { RunReport } from "../proof/run_report.ts";
import type { SimulatedTime } from "./simulated_time.ts";

export class Trace {
  readonly lines: string[] = [];
  /** How often each fault took effect, by name. */
  readonly effects = new Map<string, number>();
  readonly #time: SimulatedTime;
  #hash = 0x811c9dc5;

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  record(line: string): void {
    const text = `${this.#time.now.toFixed(3)} ${line}`;
    this.lines.push(text);
    for (let i = 0; i < text.length; i++) {
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(i), 0x01000193);
    }
  }

  recordReport(node: string, report: RunReport): void {
    const facts = JSON.stringify(
      report,
      (name, value) => name === "at" || name === "begunAt" ? undefined : value,
    );
    this.record(`${node} ${facts}`);
  }

  recordEffect(fault: string, where: string): void {
    this.record(`fault ${fault} ${where}`);
    this.effects.set(fault, (this.effects.get(fault) ?? 0) + 1);
  }

  /** The same for the same run. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }
}
