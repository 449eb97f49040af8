/** The figures of the Overview, from the health of the store and what this node settled. Pure. @module */
import type { Health, MailboxHealth, Promised } from "../../../backends/health.ts";
import type { HealthReport } from "../../http/health_report.ts";
import type { Pause } from "../../../backends/pauses.ts";
import { type NodeRow, nodeRows } from "../../http/node_shares.ts";
import { isUnowned } from "../../http/processor_report.ts";
import type { FlowFigures, FlowMeter } from "../../telemetry/flow_meter.ts";

export interface ProcessorFigures {
  readonly name: string;
  readonly state: string;
  readonly per_minute: number;
  readonly hour: readonly number[];
  readonly pending: number;
  readonly oldest_ms: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly parked: number;
  readonly dead: number;
}

/** One mailbox in the map of partitions. */
export interface PartitionCell {
  readonly processor: string;
  readonly partition: number;
  readonly owner: string | null;
  readonly epoch: number;
  readonly pending: number;
  readonly isStuck: boolean;
}

export interface OverviewFigures {
  readonly at: string;
  readonly status: HealthReport["status"];
  readonly why: readonly string[];
  readonly node: string;
  readonly workers: number;
  readonly restarts: number;
  readonly opened_per_minute: number;
  readonly closed_per_minute: number;
  readonly processors: readonly ProcessorFigures[];
  readonly refused: number;
  readonly timers: number;
  readonly next_timer_at: string | null;
  readonly durability: string | null;
  readonly promised?: Promised;
  readonly survives_power_failure: boolean;
  readonly nodes: readonly NodeRow[];
  readonly pauses: readonly Pause[];
  readonly unowned: number;
  readonly partitions: readonly PartitionCell[];
}

/** The figures at a moment. Without the store's health, those that the node knows by itself. */
export function overviewFigures(
  report: HealthReport,
  health: Health | undefined,
  flow: FlowMeter,
  order: readonly string[],
): OverviewFigures {
  const mailboxes = health?.mailboxes ?? [];
  return {
    at: report.checked_at,
    status: report.status,
    why: report.why,
    node: report.node,
    workers: report.workers,
    restarts: flow.restarts,
    opened_per_minute: flow.processor(order[0]!).perMinute,
    closed_per_minute: flow.closed().perMinute,
    processors: sorted(report.processors, order).map((each) =>
      processorFigures(each, flow.processor(each.name))
    ),
    refused: report.refused ?? 0,
    timers: health?.timers ?? 0,
    next_timer_at: health?.nextTimerAt ?? null,
    durability: report.durability,
    ...(health?.promised && { promised: health.promised }),
    survives_power_failure: health?.survivesPowerFailure ?? false,
    nodes: health === undefined ? [] : nodeRows(health),
    pauses: health?.pauses ?? [],
    unowned: mailboxes.filter(isUnowned).length,
    partitions: mailboxes.map(cellOf),
  };
}

type ProcessorReport = HealthReport["processors"][number];

function sorted(reports: readonly ProcessorReport[], order: readonly string[]): readonly ProcessorReport[] {
  const place = (name: string) => order.includes(name) ? order.indexOf(name) : order.length;
  return reports.toSorted((a, b) => place(a.name) - place(b.name));
}

function processorFigures(report: ProcessorReport, flow: FlowFigures): ProcessorFigures {
  const { name, state, pending, oldest_ms, parked, dead } = report;
  const { p50 = null, p99 = null } = flow.latencyMs ?? {};
  return {
    ...{ name, state, per_minute: flow.perMinute, hour: flow.hour, pending, oldest_ms },
    ...{ p50_ms: p50, p99_ms: p99, parked, dead },
  };
}

function cellOf(mailbox: MailboxHealth): PartitionCell {
  const { processor, partition, owner, epoch, pending, dead, parked } = mailbox;
  return {
    ...{ processor, partition, epoch, pending },
    owner: isUnowned(mailbox) ? null : owner,
    isStuck: dead > 0 || parked > 0,
  };
}

/** Something that waits for a person, the most harmful first. */
export interface Attention {
  readonly kind: "dead" | "why" | "refused" | "paused" | "drained";
  readonly count: number;
  readonly where: string;
  readonly text: string;
  /** Who paused or drained it. */
  readonly by?: string;
}

/** What needs attention first: what stands still, what was given up, what a person has paused, what was refused. At most three. */
export function attentionOf(figures: OverviewFigures): readonly Attention[] {
  const dead = figures.processors.filter((each) => each.dead > 0).toSorted((a, b) => b.dead - a.dead)
    .map(({ name, dead }): Attention => ({ kind: "dead", count: dead, where: name, text: "" }));
  const isHeldUp = figures.status === "stuck" || figures.status === "unavailable";
  const why = isHeldUp
    ? figures.why.slice(0, 2).map((text): Attention => ({ kind: "why", count: 0, where: "", text }))
    : [];
  const refused: readonly Attention[] = figures.refused > 0
    ? [{ kind: "refused", count: figures.refused, where: "", text: "" }]
    : [];
  return [...why, ...dead, ...pausedIn(figures), ...refused].slice(0, 3);
}

/** What a person has paused, or drained and is alive. */
function pausedIn({ pauses, processors, nodes }: OverviewFigures): readonly Attention[] {
  return pauses.flatMap(({ kind, name, by, why }): Attention[] => {
    const base = { where: name, text: why, by };
    if (kind === "node") {
      return nodes.some((each) => each.name === name && each.state === "drained")
        ? [{ kind: "drained", count: 0, ...base }]
        : [];
    }
    return [{ kind: "paused", count: processors.find((each) => each.name === name)?.pending ?? 0, ...base }];
  });
}
