/** How one processor stands, from the health of its mailboxes; see `health_report.ts` for lagging and stuck. Pure. @module */
import type { MailboxHealth } from "../../backends/health.ts";
import { formatDuration, formatInteger } from "../cli/redaction.ts";

/** `paused`: by a person; what waits for it is neither behind nor stuck. */
export type ProcessorState = "idle" | "flowing" | "lagging" | "stuck" | "paused";

/** What was observed over time, by the health check. */
export interface OwnershipObservations {
  readonly now: number;
  /** When the backend last became available again; null when it never was unavailable. */
  readonly availableSince: number | null;
  /** Since when partitions (see `partitionKey`) have been seen without an owner. */
  readonly unownedSince: ReadonlyMap<string, number>;
}

export interface ProcessorReport {
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

export interface JudgingContext {
  /** Those whose partitions must have an owner. */
  readonly processors: readonly string[];
  /** Since when each of those that are paused is, in milliseconds. */
  readonly pausedSince: ReadonlyMap<string, number>;
  readonly seen: OwnershipObservations;
  readonly thresholdMs: number;
  /** For how long something could have been settled: since the start, or since the backend came back. */
  readonly availableForMs: number;
}

export function judgeProcessor(name: string, all: readonly MailboxHealth[], context: JudgingContext) {
  const mailboxes = all.filter(({ processor }) => processor === name);
  const sum = (valueOf: (mailbox: MailboxHealth) => number) =>
    mailboxes.reduce((total, mailbox) => total + valueOf(mailbox), 0);
  const unowned = sum((mailbox) => isUnowned(mailbox) ? 1 : 0);
  const pausedSince = context.pausedSince.get(name);
  const watched = pausedSince === undefined ? mailboxes : [];
  const silent = watched.filter((mailbox) => isSilent(mailbox, context));
  const orphaned = watched.filter((mailbox) => isOrphaned(mailbox, context));
  const pending = sum((mailbox) => mailbox.pending);
  const oldest = Math.max(0, ...mailboxes.map(({ oldestMs }) => oldestMs));
  const parkedOldest = Math.max(0, ...mailboxes.map(({ parkedOldestMs }) => parkedOldestMs));
  const broken = silent.length + orphaned.length > 0;
  const working = pending === 0 ? "idle" : oldest > context.thresholdMs ? "lagging" : "flowing";
  const state: ProcessorState = pausedSince !== undefined ? "paused" : broken ? "stuck" : working;
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
    ...pausedSentences(report, pausedSince, context.seen.now),
    ...warnings(report, silent.length, orphaned.length, context.thresholdMs),
    ...mailboxes.flatMap(waitingSentences),
  ];
  return { report, why };
}

/** Who paused it, and why, is for those who may see more than figures. */
function pausedSentences(
  { name, pending }: ProcessorReport,
  since: number | undefined,
  now: number,
): string[] {
  if (since === undefined) return [];
  return [
    `${name}: paused for ${formatDuration(Math.max(0, now - since))} (${formatInteger(pending)} pending)`,
  ];
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
  { processors, seen, thresholdMs, availableForMs }: JudgingContext,
): boolean {
  if (!processors.includes(mailbox.processor) || !isUnowned(mailbox)) return false;
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
