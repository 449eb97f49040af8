/** The summary of a run, with its ledger. @module */
import { processors } from "../../actors/application.ts";
import type { Backend } from "../../backends/backend.ts";
import { pausedOf } from "../../backends/pauses.ts";
import { conservation } from "../../simulators/proof/conservation.ts";
import { type Conservation, Ledger, type LedgerReport } from "../../simulators/proof/ledger.ts";
import type { MetricsSnapshot } from "../telemetry/metrics.ts";
import { demonstration, describeMandate } from "./demonstration.ts";
import { formatRounded } from "../cli/terminal.ts";

/** What a run did from outside. */
export interface WorkloadRecord {
  /** By performance.now(). */
  readonly began: number;
  /** Ids of the events whose append was acknowledged. */
  readonly accepted: string[];
  /** A case of each of the appends that were begun first, together: the run's events begin at the earliest of them. */
  readonly firstCases: string[];
  /** Some of it was stored by an earlier, interrupted run, in whatever order. */
  isContinued: boolean;
  readonly seed: string | undefined;
}

/** What a run came to, as `--json` prints it. */
export interface RunSummary {
  readonly backend: string;
  readonly durability: string;
  readonly seed: string | null;
  /** Under which mandate the generated cases were decided on, and by whom where a person was asked. */
  readonly mandate: { readonly name: string; readonly caseworkers: readonly string[] } | null;
  readonly accepted: number;
  /** Events in the store since the run's first one, by type. */
  readonly events: Readonly<Record<string, number>>;
  readonly settled: number;
  /** From the beginning of the run to the last settle. */
  readonly settled_per_second: number;
  /** From append to settle. */
  readonly latency_ms: MetricsSnapshot["latencyMs"];
  readonly seconds: number;
  readonly restarts: number;
  readonly retried: number;
  readonly parked: number;
  readonly dead: number;
  readonly ledger: LedgerReport;
}

/** Reads the store from the run's first event on, and accounts for every one. */
export async function summariseRun(
  backend: Backend,
  metrics: MetricsSnapshot,
  record: WorkloadRecord,
): Promise<RunSummary> {
  const { durability, mailboxes, pauses = [] } = await backend.health();
  const events: Record<string, number> = {};
  const ledger = new Ledger(conservationBut(pausedOf(pauses, "processor")));
  for (const id of record.accepted) ledger.accept(id);
  for await (const stored of backend.readAll({ fromPosition: await firstPosition(backend, record) })) {
    events[stored.event.event_type] = (events[stored.event.event_type] ?? 0) + 1;
    ledger.observe(stored);
  }
  const settled = Object.values(metrics.processed).reduce((sum, { success }) => sum + success, 0);
  return {
    backend: backend.name,
    durability,
    seed: record.seed ?? null,
    mandate: record.accepted.length === 0 ? null : demonstration,
    accepted: record.accepted.length,
    events,
    settled,
    settled_per_second: settledPerSecond(settled, metrics, record),
    latency_ms: metrics.latencyMs,
    seconds: Math.round(performance.now() - record.began) / 1000,
    restarts: metrics.restarts,
    retried: metrics.retried,
    parked: mailboxes.reduce((sum, { parked }) => sum + parked, 0),
    dead: mailboxes.reduce((sum, { dead }) => sum + dead, 0),
    ledger: ledger.report(await deadLetteredCases(backend)),
  };
}

/** What must follow already: what paused processors make of the events they take is owed, and not lost. */
function conservationBut(paused: readonly string[]): Conservation {
  const owed = new Set<string>(
    processors.filter(({ name }) => paused.includes(name)).flatMap(({ takes }) => takes),
  );
  return (event) => owed.has(event.event_type) ? undefined : conservation(event);
}

function settledPerSecond(
  settled: number,
  { lastSettledAt }: MetricsSnapshot,
  { began }: WorkloadRecord,
): number {
  if (lastSettledAt === null) return 0;
  const ms = lastSettledAt - performance.timeOrigin - began;
  return ms > 0 ? Math.round(settled / ms * 1000) : 0;
}

/** Where reading begins: no event of the run is before it. */
async function firstPosition(backend: Backend, { firstCases, isContinued }: WorkloadRecord): Promise<number> {
  if (isContinued) return 1;
  let first = Infinity;
  for (const caseId of firstCases) {
    for await (const { position } of backend.readCase(caseId)) {
      first = Math.min(first, position);
      break;
    }
  }
  return Number.isFinite(first) ? first : 1;
}

/** Cases that a dead letter holds. At the end of a run nothing else waits. */
async function deadLetteredCases(backend: Backend): Promise<Map<string, "dead">> {
  const dead = await backend.deadLetters.list({ limit: 100_000 });
  return new Map(dead.map(({ caseId }) => [caseId, "dead"]));
}

/** The summary for people. */
export function renderSummary(
  { events, ledger, latency_ms: latency, mandate, ...summary }: RunSummary,
): string {
  const { settled, settled_per_second: rate, restarts, retried, parked, dead } = summary;
  const measured = latency === null
    ? "nothing was measured"
    : `p50 ${latency.p50} ms, p95 ${latency.p95} ms, p99 ${latency.p99} ms`;
  const types = Object.entries(events).map(([type, count]) =>
    `  ${type.padEnd(26)} ${formatRounded(count).padStart(12)}`
  );
  return [
    `${formatRounded(settled)} deliveries settled, ${
      formatRounded(rate)
    }/s; from append to settle ${measured}`,
    ...types,
    `${restarts} restarts, ${retried} retries, ${parked} parked, ${dead} dead letters`,
    ...(mandate === null ? [] : [describeMandate()]),
    ...(ledger.inProgress === 0 ? [] : [WHAT_IS_OPEN]),
    renderLedger(ledger),
  ].join("\n");
}

const WHAT_IS_OPEN = "Cases in progress wait for citizens and terms: --time-scale 1y/min plays them";

function renderLedger({ accepted, balanced, lost, duplicated, reordered, ...ledger }: LedgerReport): string {
  const { completed, inReview, inProgress, parked, dead } = ledger;
  const parts = Object.entries({ completed, "in review": inReview, "in progress": inProgress, parked, dead });
  const sum = parts.map(([state, count]) => `${formatRounded(count)} ${state}`).join(" + ");
  const listed = (ids: readonly string[]) => ids.join(", ") || "none";
  const verdict = balanced
    ? "nothing lost, nothing duplicated, nothing out of order"
    : `DOES NOT BALANCE: lost ${listed(lost)}; duplicated ${listed(duplicated)}; out of order ${
      listed(reordered)
    }`;
  return `Ledger: ${formatRounded(accepted)} cases = ${sum}; ${verdict}`;
}
