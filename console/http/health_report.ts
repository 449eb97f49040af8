/**
 * How a node is doing, from the health of its backend. Pure.
 *
 * One threshold, ten seconds by default, separates two states that need different help:
 *
 * - **lagging**: the oldest delivery of a mailbox waits for longer than the threshold, but its mailbox was settled within
 *   the threshold. It works, and is behind: more workers help, or time.
 * - **stuck**: the oldest waits for longer than the threshold and nothing was settled for as long; or a partition of one
 *   of this node's processors had no owner for as long. More workers do not help: an operator has to investigate.
 *
 * Silence counts from the start of the node and from the return of its backend at the earliest, so that a node that takes
 * up an old backlog is lagging and not stuck. A processor that a person has paused is **paused**, whatever waits for it. Parked
 * deliveries and dead letters are reported and change no status: they
 * wait by design, and the cases around them go on.
 * @module
 */
import type { FanOutHealth, Health, ProjectionHealth } from "../../backends/health.ts";
import { describeRestoration, type Restoration } from "../../backends/restoration.ts";
import { formatDuration } from "../cli/redaction.ts";
import {
  judgeProcessor,
  type JudgingContext,
  type OwnershipObservations,
  type ProcessorReport,
  type ProcessorState,
} from "./processor_report.ts";
import { notReadyReason } from "./readiness.ts";

const DEFAULT_THRESHOLD_MS = 10_000;

type Status = "ok" | "lagging" | "stuck" | "unavailable";

/** What a node knows of itself. Times in milliseconds of its own clock. */
export interface NodeFacts {
  readonly node: string;
  readonly backend: string;
  readonly startedAt: number;
  /** The processors this node runs: it answers for their partitions. */
  readonly processors: readonly string[];
  readonly workers: number;
  /** It was asked to stop. */
  readonly isStopping?: boolean;
  /** While the backend is unavailable or unusable; it may answer for its health all the same. */
  readonly outage?: KnownOutage | undefined;
}

/** Why work is held up, and since when. */
export interface KnownOutage {
  readonly reason: string;
  readonly since: number;
}

/** Why a backend could not say how it is. */
export interface Outage extends KnownOutage {
  readonly status: "unavailable" | "stuck";
}

export interface HealthReport {
  readonly status: Status;
  /** Whether the store answers and the node has its leases; see `readiness.ts`. */
  readonly ready: boolean;
  /** One sentence for each thing that is not as it should be; empty when all is well. */
  readonly why: readonly string[];
  /** Since when the status is what it is, as far as it was checked. */
  readonly since: string;
  readonly checked_at: string;
  readonly node: string;
  readonly started_at: string;
  readonly workers: number;
  readonly backend: string;
  /** What an acknowledgement means; null when the backend can't be asked. */
  readonly durability: string | null;
  /** Events that were refused at ingest and wait for a person (see `inbox`), where the backend has an inbox. */
  readonly refused?: number;
  readonly processors: readonly ProcessorReport[];
  /** Read models, where the backend keeps any. */
  readonly projections?: readonly ProjectionReport[];
  /** The copying of events for others, where the store has it. */
  readonly fan_out?: FanOutReport;
  /** Of a store that came from a backup, until a person has accepted it: what leaves it waits. */
  readonly restoration?: Restoration;
}

interface FanOutReport {
  /** `held`: it waits for a person; `waiting`: no node copies. */
  readonly state: "copying" | "waiting" | "held";
  readonly writer: string | null;
  /** Events that are not copied yet. */
  readonly pending: number;
  readonly oldest_ms: number;
}

interface ProjectionReport {
  readonly name: string;
  /** `building`: none is read yet; `rebuilding`: another one is built beside the one that is read. */
  readonly state: "served" | "building" | "rebuilding" | "held";
  /** Events that are not in it yet, each partition counted up to 10,000. */
  readonly pending: number;
  /** Partitions in which it stands still at an event. */
  readonly held: number;
  /** What was no event, and was passed over. */
  readonly skipped: number;
}

/** The report on a backend that answered. `since` is when it was asked; the health check knows earlier reports. */
export function reportHealth(
  health: Health,
  facts: NodeFacts,
  seen: OwnershipObservations,
  thresholdMs: number = DEFAULT_THRESHOLD_MS,
): HealthReport {
  const context: JudgingContext = {
    availableForMs: seen.now - Math.max(facts.startedAt, seen.availableSince ?? 0),
    processors: facts.processors,
    pausedSince: pausedSince(health),
    seen,
    thresholdMs,
  };
  const notReady = notReadyReason(health, facts);
  const missing = notReady === undefined ? [] : [`not ready: ${notReady}`];
  const { status, why, ...store } = judgeStore(health, context);
  return {
    status,
    ready: notReady === undefined,
    why: [...missing, ...outageSentences(facts), ...why],
    ...commonFields(facts, seen.now, seen.now),
    ...store,
  };
}

/** What of a report is of the store, whoever asks. */
type StoreReport = Pick<
  HealthReport,
  | "status"
  | "why"
  | "durability"
  | "refused"
  | "processors"
  | "projections"
  | "fan_out"
  | "restoration"
>;

/** The report on a store at one moment, for those who run no node: an expired lease is without an owner since it expired. */
export function reportStore(health: Health, now: number): StoreReport {
  const processors = [...new Set(health.mailboxes.map(({ processor }) => processor))];
  const seen = { now, availableSince: null, unownedSince: new Map<string, number>() };
  return judgeStore(health, {
    availableForMs: Infinity,
    processors,
    pausedSince: pausedSince(health),
    seen,
    thresholdMs: DEFAULT_THRESHOLD_MS,
  });
}

function judgeStore(health: Health, context: JudgingContext): StoreReport {
  // Of a node that has only just begun there are no mailboxes yet.
  const names = [...new Set([...context.processors, ...health.mailboxes.map(({ processor }) => processor)])];
  const judged = names.map((name) => judgeProcessor(name, health.mailboxes, context));
  return {
    status: worstStatus(judged.map(({ report }) => report.state)),
    why: [
      ...judged.flatMap(({ why }) => why),
      ...drainedSentences(health, context.seen.now),
      ...(health.projections ?? []).flatMap(heldSentences),
      ...fanOutSentences(health),
      ...(health.restoration === undefined ? [] : [describeRestoration(health.restoration)]),
    ],
    durability: health.durability,
    ...(health.rejected === undefined ? {} : { refused: health.rejected }),
    processors: judged.map(({ report }) => report),
    ...(health.projections === undefined ? {} : { projections: health.projections.map(projectionReport) }),
    ...(health.fanOut === undefined ? {} : { fan_out: fanOutReport(health.fanOut) }),
    ...(health.restoration === undefined ? {} : { restoration: health.restoration }),
  };
}

/** Since when processors are paused. */
function pausedSince({ pauses = [] }: Health): ReadonlyMap<string, number> {
  return new Map(
    pauses.filter(({ kind }) => kind === "processor").map(({ name, at }) => [name, Date.parse(at)]),
  );
}

/** Of nodes that are alive: what is drained and gone needs nobody's attention. */
function drainedSentences({ pauses = [], nodes = [] }: Health, now: number): string[] {
  return pauses.filter(({ kind, name }) => kind === "node" && nodes.some(({ node }) => node === name))
    .map(({ name, at }) => `node ${name}: drained for ${formatDuration(Math.max(0, now - Date.parse(at)))}`);
}

/** A projection that stands still changes no status: cases go on without it. */
function projectionReport(
  { name, isServed, isRebuilding, pending, skipped, held }: ProjectionHealth,
): ProjectionReport {
  const built = !isServed ? "building" : isRebuilding ? "rebuilding" : "served";
  return { name, state: held.length > 0 ? "held" : built, pending, held: held.length, skipped };
}

function heldSentences({ name, held }: ProjectionHealth): string[] {
  return held.map(({ partition, position, eventType, reason }) =>
    `projection ${name}: held in partition ${partition} at position ${position} (${eventType}): ${reason}`
  );
}

/** A fan-out that stands still changes no status either. */
function fanOutReport({ writer, pending, oldestMs, held }: FanOutHealth): FanOutReport {
  const state = held !== undefined ? "held" : writer === null ? "waiting" : "copying";
  return { state, writer, pending, oldest_ms: Math.round(oldestMs) };
}

function fanOutSentences({ fanOut }: Health): string[] {
  return fanOut?.held === undefined ? [] : [`fan-out: held: ${fanOut.held}`];
}

/** The report on a backend that did not answer, or said that it can't be used. */
export function reportOutage(outage: Outage, facts: NodeFacts, now: number): HealthReport {
  const length = formatDuration(now - outage.since);
  const what = outage.status === "unavailable"
    ? `the backend is unavailable for ${length}`
    : `no health for ${length}`;
  return {
    status: outage.status,
    ready: false,
    why: [`${what}: ${outage.reason}`],
    ...commonFields(facts, outage.since, now),
    durability: null,
    processors: [],
  };
}

function outageSentences({ outage }: NodeFacts): string[] {
  return outage === undefined ? [] : [`work is held up: ${outage.reason}`];
}

function commonFields({ node, backend, startedAt, workers }: NodeFacts, since: number, now: number) {
  return {
    since: new Date(since).toISOString(),
    checked_at: new Date(now).toISOString(),
    node,
    started_at: new Date(startedAt).toISOString(),
    workers,
    backend,
  };
}

function worstStatus(states: readonly ProcessorState[]): Status {
  if (states.includes("stuck")) return "stuck";
  return states.includes("lagging") ? "lagging" : "ok";
}
