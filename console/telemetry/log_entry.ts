/** The lines of the log, in words for people and as JSON for machines: ids and classes of errors, never data or messages. @module */
import type { DeliveryIds } from "../../actors/observer.ts";
import type { PauseTarget } from "../../backends/pauses.ts";
import { formatDuration, formatInteger, redact, toErrorClass, toPrintable } from "../cli/redaction.ts";
import { type LogLevel, toLogLine } from "./log_line.ts";

export type LogEvent =
  | "retry"
  | "dead_letter"
  | "held"
  | "fenced"
  | "worker_restart"
  | "processor_restart"
  | "input_refused"
  | "pause"
  | "backend_unavailable"
  | "backend_available";

export interface LogEntry {
  readonly level: LogLevel;
  readonly event: LogEvent;
  /** What identifies the thing it is about. */
  readonly ids: Readonly<Record<string, string | number>>;
  /** For people; without the ids' names. */
  readonly text: string;
  /** The trace it is a part of, where traces are made. */
  readonly traceId?: string | undefined;
}

/** Retries, dead letters and held deliveries: what happened to a delivery. */
export function deliveryEntry(
  event: "retry" | "dead_letter" | "held",
  ids: DeliveryIds,
  error?: string,
): LogEntry {
  const { processor, partition, caseId, eventId, attempt, traceId } = ids;
  const kind = error === undefined ? undefined : toErrorClass(error);
  const where = `${processor}/${partition}, case ${safeId(caseId)}, event ${
    safeId(eventId)
  }, attempt ${attempt}`;
  return {
    level: event === "dead_letter" ? "error" : event === "held" ? "info" : "warn",
    event,
    ids: {
      processor,
      partition,
      case_id: toPrintable(caseId),
      event_id: toPrintable(eventId),
      attempt,
      ...(kind === undefined ? {} : { error: kind }),
    },
    text: `${DELIVERY_VERBS[event]}: ${where}${kind === undefined ? "" : ` (${kind})`}`,
    traceId,
  };
}

export function fencedEntry(ids: { processor: string; partition: number; epoch: number }): LogEntry {
  const { processor, partition, epoch } = ids;
  const text = `fenced: ${processor}/${partition} has a newer owner, epoch ${epoch} can't settle any more`;
  return { level: "warn", event: "fenced", ids: { processor, partition, epoch }, text };
}

const EXIT_TEXTS: Record<string, string> = {
  start_failed: "it did not start",
  threw: "it threw outside a handler",
  hung: "it made no progress",
  recycled: "its heap had grown above the ceiling",
  stopped: "it was stopped",
};

/** Of the reason only the class of an error is written: the rest is a message, and messages quote data. */
export function restartEntry(restart: { worker: number; exit: string; reason: string }): LogEntry {
  const { worker, exit, reason } = restart;
  const error = /^(?:Uncaught )?(?:\(in promise\) )?([A-Z]\w{0,58}(?:Error|Exception))(?::|$)/.exec(reason)
    ?.[1];
  const known = Object.hasOwn(EXIT_TEXTS, exit) ? exit : "other";
  const why = EXIT_TEXTS[known] ?? "it ended";
  return {
    level: known === "recycled" ? "info" : "warn",
    event: "worker_restart",
    ids: { worker, exit: known, ...(error === undefined ? {} : { error }) },
    text: `worker ${worker} is replaced: ${why}${error === undefined ? "" : ` (${error})`}`,
  };
}

export function outageEntry(reason: string): LogEntry {
  const shortReason = toPrintable(reason);
  const text = `backend unavailable: ${shortReason}; the node waits and no attempt is used up`;
  return { level: "error", event: "backend_unavailable", ids: { reason: shortReason }, text };
}

/** The reason in full names fields; it is for `inbox show`. */
export function refusedInputEntry(refusal: { id: number; refusalClass: string }): LogEntry {
  const { id, refusalClass: reason } = refusal;
  const text = `event ${id} is refused and waits in the inbox (${reason})`;
  return { level: "warn", event: "input_refused", ids: { id, reason }, text };
}

/** Who did it, and why, is in the audit trail. */
export function pausedEntry(
  { kind, name, isPaused }: PauseTarget & { readonly isPaused: boolean },
): LogEntry {
  const [thing, state] = kind === "node"
    ? [
      "this node",
      isPaused ? "drained: it gives up its leases and takes none" : "resumed: it takes its share again",
    ]
    : [`the processor ${toPrintable(name)}`, isPaused ? "paused: what comes for it waits" : "resumed"];
  return {
    level: "info",
    event: "pause",
    ids: { kind, name: toPrintable(name), state: isPaused ? "paused" : "resumed" },
    text: `${thing} is ${state}`,
  };
}

export function recoveryEntry(outageMs: number, attempts: number): LogEntry {
  const text = `backend available again after ${formatDuration(outageMs)} (failed tries: ${
    formatInteger(attempts)
  })`;
  return {
    level: "info",
    event: "backend_available",
    ids: { unavailable_ms: outageMs, tries: attempts },
    text,
  };
}

const DELIVERY_VERBS = { retry: "retry", dead_letter: "dead letter", held: "held" };

/** The reason is the class of what was thrown, and is written only when it is a name. */
export function processorRestartEntry(
  { processor, reason }: { processor: string; reason: string },
): LogEntry {
  const error = /^[A-Za-z]\w{0,60}$/.test(reason) ? reason : "unknown";
  const text = `the processor ${processor} failed outside a delivery and is started again (${error})`;
  return { level: "error", event: "processor_restart", ids: { processor, error }, text };
}

const SUPPRESSED_NOUNS: Record<LogEvent, readonly [one: string, many: string]> = {
  retry: ["retry", "retries"],
  dead_letter: ["dead letter", "dead letters"],
  held: ["held delivery", "held deliveries"],
  fenced: ["fenced write", "fenced writes"],
  worker_restart: ["worker restart", "worker restarts"],
  processor_restart: ["processor restart", "processor restarts"],
  input_refused: ["refused event", "refused events"],
  pause: ["pause or resumption", "pauses or resumptions"],
  backend_unavailable: ["outage of the backend", "outages of the backend"],
  backend_available: ["return of the backend", "returns of the backend"],
};

/** Stands for `count` entries like this one that were not written. */
export function suppressedEntry({ level, event, ids }: LogEntry, count: number, windowMs: number): LogEntry {
  const shared: Record<string, string | number> = {};
  for (const name of ["processor", "exit", "error", "reason"]) {
    const value = ids[name];
    if (value !== undefined) shared[name] = value;
  }
  const things = SUPPRESSED_NOUNS[event][count === 1 ? 0 : 1];
  const seconds = Math.max(1, Math.round(windowMs / 1000));
  const when = seconds === 1 ? "in the last second" : `in the last ${seconds} seconds`;
  const about = Object.values(shared).join(", ");
  // Held deliveries are never written one by one, so these are not "more".
  const start = event === "held" ? formatInteger(count) : `… and ${formatInteger(count)} more`;
  const text = `${start} ${things} ${when}${about === "" ? "" : ` (${about})`}`;
  return { level, event, ids: { ...shared, count, window_ms: Math.round(windowMs) }, text };
}

/** The entry as one line, in plain words or as JSON. */
export function formatEntry(entry: LogEntry, at: number, json: boolean, node?: string): string {
  const { level, event, ids, text, traceId } = entry;
  if (!json) return redact(`${new Date(at).toISOString()} ${level.padEnd(5)} ${text}`);
  const line = redact(toLogLine({ at, level, event, msg: text, node }, ids));
  // Ours, and no text of others: masked for nine digits that it has by chance, it would find nothing.
  return traceId === undefined ? line : `${line.slice(0, -1)},"trace_id":"${traceId}"}`;
}

/** An id that could be mistaken for the words around it is quoted: a case id may be any text. */
function safeId(id: string): string {
  const safe = toPrintable(id);
  return /^[\w.:-]+$/.test(safe) ? safe : JSON.stringify(safe);
}
