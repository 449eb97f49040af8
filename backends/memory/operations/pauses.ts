/** Pauses of a memory store. @module */
import type { AuditEntry, OperatorAction } from "../../dead_letters.ts";
import { inOrder, type Pause, pauseEntry, pauseKey, type Pauses, type PauseTarget } from "../../pauses.ts";
import type { Clock } from "../../primitives/clock.ts";
import type { LeaseTable } from "../lease_table.ts";

export class MemoryPauses implements Pauses {
  constructor(
    readonly table: LeaseTable,
    readonly clock: Clock,
    readonly trail: AuditEntry[],
  ) {}

  list(): Promise<readonly Pause[]> {
    return Promise.resolve(inOrder(this.table.pauses.values()));
  }

  pause(target: PauseTarget, act: OperatorAction): Promise<boolean> {
    const { pauses } = this.table;
    if (pauses.has(pauseKey(target))) return Promise.resolve(false);
    const at = this.#record("pause", target, act);
    pauses.set(pauseKey(target), { ...target, ...act, at });
    this.table.notifyAll();
    return Promise.resolve(true);
  }

  resume(target: PauseTarget, act: OperatorAction): Promise<boolean> {
    if (!this.table.pauses.delete(pauseKey(target))) return Promise.resolve(false);
    this.#record("resume", target, act);
    this.table.notifyAll();
    return Promise.resolve(true);
  }

  #record(verb: "pause" | "resume", target: PauseTarget, act: OperatorAction): string {
    const at = new Date(this.clock.now()).toISOString();
    this.trail.push({ at, ...pauseEntry(verb, target, act) });
    return at;
  }
}
