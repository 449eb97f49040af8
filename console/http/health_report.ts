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
 * up an old backlog is lagging and not stuck. Parked deliveries and dead letters are reported and change no status: they
 * wait by design, and the cases around them go on.
 * @module
 */
import type { Health, MailboxHealth, ProjectionHealth } from "../../backends/health.ts";
import { formatDuration, formatInteger } from "../cli/redaction.ts";
import { notReadyReason } from "./readiness.ts";

const DEFAULT_THRESHOLD_MS = 10_000;

type Status = "ok" | "lagging" | "stuck" | "unavailable";
type ProcessorState = "idle" | "flowing" | "lagging" | "stuck";

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

/** What was observed over time, by the health check. */
export interface OwnershipObservations {
  readonly now: number;
  /** When the backend last became available again; null when it never was unavailable. */
  readonly availableSince: number | null;
  /** Since when partitions (see `partitionKey`) have been seen without an owner. */
  readonly unownedSince: ReadonlyMap<string, number>;
}

/** Why a backend could not say how it is. */
export interface Outage extends KnownOutage {
  readonly status: "unavailable" | "stuck";
}

interface ProcessorReport {
  readonly name: string;
  readonly state: ProcessorState;
  /** Deliveries that wait. Each mailbox counts up to 10,000, so this can be too low; it is never too high. */
  readonly pending: number;
  readonly oldest_ms: number;
  /** Partitions with and without an owner whose lease runs, on whatever node. */
  readonly owned: number;
  readonly unowned: number;
  /** Waiting for their next try, or behind an earlier delivery of their case; `retrying` of them go on by themselves. */
  readonly parked: number;
  readonly retrying: number;
  readonly parked_oldest_ms: number;
  readonly dead: number;
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

/** Names a partition of a processor. */
export function partitionKey(
  { processor, partition }: Pick<MailboxHealth, "processor" | "partition">,
): string {
  return `${processor}/${partition}`;
}

/** It can't be settled now: it has no owner, or the lease has run out. */
export function isUnowned({ owner, leaseMs }: MailboxHealth): boolean {
  return owner === null || leaseMs <= 0;
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
    facts,
    seen,
    thresholdMs,
  };
  // Of a node that has only just begun there are no mailboxes yet.
  const names = [...new Set([...facts.processors, ...health.mailboxes.map(({ processor }) => processor)])];
  const judged = names.map((name) => judgeProcessor(name, health.mailboxes, context));
  const notReady = notReadyReason(health, facts);
  const missing = notReady === undefined ? [] : [`not ready: ${notReady}`];
  return {
    status: worstStatus(judged.map(({ report }) => report.state)),
    ready: notReady === undefined,
    why: [
      ...missing,
      ...outageSentences(facts),
      ...judged.flatMap(({ why }) => why),
      ...(health.projections ?? []).flatMap(heldSentences),
    ],
    ...commonFields(facts, seen.now, seen.now),
    durability: health.durability,
    ...(health.rejected === undefined ? {} : { refused: health.rejected }),
    processors: judged.map(({ report }) => report),
    ...(health.projections === undefined ? {} : { projections: health.projections.map(projectionReport) }),
  };
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

interface JudgingContext {
  readonly facts: NodeFacts;
  readonly seen: OwnershipObservations;
  readonly thresholdMs: number;
  /** For how long something could have been settled: since the start, or since the backend came back. */
  readonly availableForMs: number;
}

function worstStatus(states: readonly ProcessorState[]): Status {
  if (states.includes("stuck")) return "stuck";
  return states.includes("lagging") ? "lagging" : "ok";
}

function judgeProcessor(name: string, all: readonly MailboxHealth[], context: JudgingContext) {
  const mailboxes = all.filter(({ processor }) => processor === name);
  const sum = (valueOf: (mailbox: MailboxHealth) => number) =>
    mailboxes.reduce((total, mailbox) => total + valueOf(mailbox), 0);
  const unowned = sum((mailbox) => isUnowned(mailbox) ? 1 : 0);
  const silent = mailboxes.filter((mailbox) => isSilent(mailbox, context));
  const orphaned = mailboxes.filter((mailbox) => isOrphaned(mailbox, context));
  const pending = sum((mailbox) => mailbox.pending);
  const oldest = Math.max(0, ...mailboxes.map(({ oldestMs }) => oldestMs));
  const parkedOldest = Math.max(0, ...mailboxes.map(({ parkedOldestMs }) => parkedOldestMs));
  const late = oldest > context.thresholdMs;
  const broken = silent.length + orphaned.length > 0;
  const state: ProcessorState = broken ? "stuck" : pending === 0 ? "idle" : late ? "lagging" : "flowing";
  const report: ProcessorReport = {
    name,
    state,
    pending,
    oldest_ms: Math.round(oldest),
    owned: mailboxes.length - unowned,
    unowned,
    parked: sum((mailbox) => mailbox.parked),
    retrying: sum((mailbox) => mailbox.retrying),
    parked_oldest_ms: Math.round(parkedOldest),
    dead: sum((mailbox) => mailbox.dead),
  };
  const why = [
    ...warnings(report, silent.length, orphaned.length, context.thresholdMs),
    ...mailboxes.flatMap(waitingSentences),
  ];
  return { report, why };
}

function waitingSentences({ processor, partition, waitsFor }: MailboxHealth): string[] {
  return waitsFor === undefined ? [] : [`${processor}: partition ${partition} waits for ${waitsFor}`];
}

/** Something waits for too long, and nothing was settled for as long: judged by mailbox, for each has its own actor. */
function isSilent({ pending, oldestMs, sinceSettledMs }: MailboxHealth, context: JudgingContext): boolean {
  if (pending === 0 || oldestMs <= context.thresholdMs) return false;
  return Math.min(sinceSettledMs ?? Infinity, context.availableForMs) > context.thresholdMs;
}

/** Without an owner for too long. Of a processor that this node does not run, others may know why. */
function isOrphaned(
  mailbox: MailboxHealth,
  { facts, seen, thresholdMs, availableForMs }: JudgingContext,
): boolean {
  if (!facts.processors.includes(mailbox.processor) || !isUnowned(mailbox)) return false;
  const watched = seen.now - (seen.unownedSince.get(partitionKey(mailbox)) ?? seen.now);
  const expired = mailbox.owner === null ? 0 : -mailbox.leaseMs;
  return Math.min(Math.max(watched, expired), availableForMs) > thresholdMs;
}

function warnings(report: ProcessorReport, silent: number, orphaned: number, thresholdMs: number): string[] {
  const { name, state, pending, oldest_ms, parked, parked_oldest_ms } = report;
  const backlog = `${formatInteger(pending)} pending, the oldest for ${formatDuration(oldest_ms)}`;
  const why: string[] = [];
  if (silent > 0) {
    why.push(
      `${name}: ${partitions(silent)} settled nothing for over ${formatDuration(thresholdMs)} (${backlog})`,
    );
  }
  if (orphaned > 0) why.push(`${name}: ${partitions(orphaned)} without an owner`);
  if (state === "lagging") why.push(`${name}: behind (${backlog})`);
  if (parked > 0 && parked_oldest_ms > thresholdMs) {
    why.push(`${name}: ${formatInteger(parked)} parked, the oldest for ${formatDuration(parked_oldest_ms)}`);
  }
  return why;
}

function partitions(n: number): string {
  return n === 1 ? "1 partition" : `${formatInteger(n)} partitions`;
}
