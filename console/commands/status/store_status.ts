/** How a store stands, from its health. Pure. @module */
import type { Pause } from "../../../backends/pauses.ts";
import type { Health } from "../../../backends/health.ts";
import { reportStore } from "../../http/health_report.ts";
import { type NodeShare, nodeShares } from "../../http/node_shares.ts";

type StoreReport = ReturnType<typeof reportStore>;

export interface StoreStatus extends StoreReport {
  readonly checked_at: string;
  readonly backend: string;
  readonly survives_power_failure: boolean;
  /** Nodes that have mailboxes. */
  readonly nodes: readonly NodeShare[];
  /** Mailboxes that nobody has. */
  readonly unowned: number;
  readonly timers: number;
  readonly next_timer_at: string | null;
  /** Processors and nodes that a person has paused or drained. */
  readonly pauses: readonly Pause[];
}

/** `order`: names of processors as a case meets them; others come behind. */
export function storeStatus(
  backend: string,
  health: Health,
  now: number,
  order: readonly string[] = [],
): StoreStatus {
  const report = reportStore(health, now);
  const placeOf = ({ name }: { readonly name: string }) =>
    order.includes(name) ? order.indexOf(name) : order.length;
  return {
    checked_at: new Date(now).toISOString(),
    backend,
    ...report,
    processors: report.processors.toSorted((a, b) => placeOf(a) - placeOf(b)),
    survives_power_failure: health.survivesPowerFailure,
    nodes: nodeShares(health.mailboxes),
    unowned: report.processors.reduce((sum, { unowned }) => sum + unowned, 0),
    timers: health.timers,
    next_timer_at: health.nextTimerAt,
    pauses: health.pauses ?? [],
  };
}
