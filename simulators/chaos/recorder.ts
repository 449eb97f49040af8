/** Keeps what nodes report, as the history of the run, and lets others wait for it. @module */
import type { HealthReport, Report } from "./control.ts";
import type { Attempt, InFlight, Told, ToldKind, Won } from "./history.ts";

/** Who reports. */
export interface Life {
  readonly node: string;
  readonly life: string;
}

export class Recorder {
  readonly attempts: Attempt[] = [];
  readonly won: Won[] = [];
  readonly told: Told[] = [];
  readonly health: HealthReport[] = [];
  readonly crashes: string[] = [];
  readonly killed: string[] = [];
  readonly #inFlight = new Map<string, InFlight>();
  readonly #open = new Map<string, Attempt>();
  /** The last owner of each mailbox. */
  readonly #owners = new Map<string, string>();
  readonly #waiters = new Set<() => void>();

  get inFlight(): readonly InFlight[] {
    return [...this.#inFlight.values()];
  }

  take(life: Life, report: Report): void {
    switch (report.kind) {
      case "won":
        this.#keepWon(life, report);
        break;
      case "begun": {
        const { kind: _, id, batch, at, ...rest } = report;
        const attempt = { ...life, ...rest, kind: batch, begunAt: at, endedAt: undefined, result: undefined };
        this.attempts.push(attempt);
        this.#open.set(`${life.life}/${id}`, attempt);
        break;
      }
      case "ended":
        this.#ended(life, report);
        break;
      case "told":
        this.tell({ ...life, what: report.what, at: report.at, ids: report.ids });
        break;
      case "in_flight":
        this.#keepInFlight(life, report);
        break;
      case "health":
        this.health.push(report);
        break;
      case "crashed":
        this.crashes.push(`${life.node}: ${report.why}`);
    }
    for (const wake of this.#waiters) wake();
  }

  tell(told: Told): void {
    this.told.push(told);
    for (const wake of this.#waiters) wake();
  }

  #keepWon({ node, life }: Life, report: Report & { kind: "won" }): void {
    const { kind: _, ...won } = report;
    this.won.push({ node, life, ...won });
    const mailbox = `${won.processor}/${won.partition}`;
    const before = this.#owners.get(mailbox);
    this.#owners.set(mailbox, node);
    if (before === undefined || before === node) return;
    const ids = { processor: won.processor, partition: won.partition, epoch: won.epoch };
    this.tell({ node, life, what: "takeover", at: won.at, ids });
  }

  #ended({ life }: Life, { id, result, at }: Report & { kind: "ended" }): void {
    const attempt = this.#open.get(`${life}/${id}`);
    if (attempt === undefined) return;
    this.#open.delete(`${life}/${id}`);
    attempt.result = result;
    attempt.endedAt = at;
  }

  #keepInFlight({ node, life }: Life, { bytes, bound }: Report & { kind: "in_flight" }): void {
    const most = Math.max(bytes, this.#inFlight.get(life)?.bytes ?? 0);
    this.#inFlight.set(life, { node, bytes: most, bound });
  }

  /** What was told since a moment, of some kinds. */
  since(at: number, ...kinds: readonly ToldKind[]): Told[] {
    return this.told.filter((told) => told.at >= at && kinds.includes(told.what));
  }

  /** Resolves once something holds, looked at whenever something is reported; false when the time or the signal ends first. */
  async until(holds: () => boolean, withinMs: number, signal?: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const look = () => holds() && resolve(true);
    const giveUp = () => resolve(false);
    const timer = setTimeout(giveUp, withinMs);
    signal?.addEventListener("abort", giveUp);
    this.#waiters.add(look);
    if (signal?.aborted) giveUp();
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      this.#waiters.delete(look);
    }
  }
}
