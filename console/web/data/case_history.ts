/** A case, event by event: the state at each version, what changed, and what led to what. Pure. @module */
import {
  accepts,
  advance,
  type CaseProgress,
  deadlineOf,
  initialProgress,
  runningOf,
} from "../../../actors/application.ts";
import { decodeEvent, InvalidEvent } from "../../../schema/codec.ts";
import { withMoment } from "../../../schema/time/moment.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { CaseEvent, EventOf } from "../../../schema/events.ts";
import { UnknownKind } from "../../../schema/evolution.ts";

/** A fact of a case, as it is told: an amount in cents, a day, a word of the catalogue, a number or a text. */
export interface Fact {
  readonly kind: "cents" | "day" | "word" | "number" | "text";
  readonly value: string | number;
  /** With a word: the group of the catalogue it is in. */
  readonly group?: string;
}

export type FactName =
  | "state"
  | "waits"
  | "term"
  | "claim"
  | "received"
  | "owed"
  | "missed"
  | "risk"
  | "success"
  | "advice"
  | "basis"
  | "proposed"
  | "decision"
  | "decided_by"
  | "ending";
type Facts = Readonly<Partial<Record<FactName, Fact>>>;

interface Change {
  readonly field: FactName;
  readonly before: Fact | undefined;
  readonly after: Fact | undefined;
}

/** One version of a case. */
export interface Step {
  readonly version: number;
  readonly stored: StoredEvent;
  /** Undefined for what can't be read. */
  readonly event: CaseEvent | undefined;
  readonly type: string;
  readonly state: string;
  /** False for an event that changed nothing, because the case could not take it. */
  readonly isAccepted: boolean;
  readonly facts: Facts;
  readonly changes: readonly Change[];
  readonly deadline: { readonly term: string; readonly due: string } | undefined;
  /** The version that caused it, where that is of this case. */
  readonly cause: number | undefined;
  readonly effects: readonly number[];
}

/** What people decide and rules propose, which no processor needs to remember. */
interface Ruling {
  readonly proposed: string | undefined;
  readonly decision: string | undefined;
  readonly decidedBy: string | undefined;
  /** What the model that advised was trained on. */
  readonly basis: string | undefined;
}

const NO_RULING: Ruling = {
  proposed: undefined,
  decision: undefined,
  decidedBy: undefined,
  basis: undefined,
};

/** The steps of a case, oldest first. */
export function historyOf(history: readonly StoredEvent[]): readonly Step[] {
  const versions = new Map(history.map(({ event, version }) => [event.event_id, version]));
  const effects = effectsByVersion(history, versions);
  let [progress, ruling, facts]: [CaseProgress, Ruling, Facts] = [initialProgress, NO_RULING, {}];
  return history.map((stored) => {
    const event = readable(stored);
    const isAccepted = event !== undefined && accepts(progress, event);
    if (event !== undefined) progress = advance(progress, event);
    if (event !== undefined && isAccepted) ruling = ruled(ruling, event);
    const before = facts;
    facts = factsOf(progress, ruling);
    return {
      ...{ version: stored.version, stored, event, type: stored.event.event_type, isAccepted, facts },
      state: event === undefined ? "unreadable" : progress.state,
      changes: changesOf(before, facts),
      deadline: deadlineOf(progress),
      cause: versions.get(stored.event.metadata?.causation_id ?? ""),
      effects: effects.get(stored.version) ?? [],
    };
  });
}

function readable({ event, recordedAt, malformed }: StoredEvent): CaseEvent | undefined {
  if (malformed !== undefined) return undefined;
  try {
    return decodeEvent(withMoment(event, recordedAt));
  } catch (error) {
    if (error instanceof InvalidEvent || error instanceof UnknownKind) return undefined;
    throw error;
  }
}

function effectsByVersion(
  history: readonly StoredEvent[],
  versions: ReadonlyMap<string, number>,
): Map<number, number[]> {
  const effects = new Map<number, number[]>();
  for (const { event, version } of history) {
    const cause = versions.get(event.metadata?.causation_id ?? "");
    if (cause !== undefined) effects.set(cause, [...effects.get(cause) ?? [], version]);
  }
  return effects;
}

function ruled(before: Ruling, event: CaseEvent): Ruling {
  switch (event.event_type) {
    case "case.analysis":
      return { ...before, basis: event.data.basis };
    case "case.review_requested":
      return { ...before, proposed: event.data.proposed };
    case "case.decision":
      return { ...before, decision: event.data.decision, decidedBy: event.data.decided_by };
    default:
      return before;
  }
}

const word = (group: string, value: string | undefined): Fact | undefined =>
  value === undefined ? undefined : { kind: "word", group, value };
const cents = (value: number | undefined): Fact | undefined =>
  value === undefined ? undefined : { kind: "cents", value };
const number = (value: number | undefined): Fact | undefined =>
  value === undefined ? undefined : { kind: "number", value };

function factsOf(progress: CaseProgress, { proposed, decision, decidedBy, basis }: Ruling): Facts {
  const { state, intake, analysis, received, ending } = progress;
  const running = ending === undefined ? runningOf(progress) : undefined;
  const deadline = deadlineOf(progress);
  const missed = running?.missed.length ?? 0;
  const facts: Record<FactName, Fact | undefined> = {
    state: word("state", state),
    waits: word("waits", waitsFor(progress)),
    term: deadline && { kind: "day", value: deadline.due },
    claim: cents(intake?.debt_amount),
    received: received === 0 ? undefined : cents(received),
    owed: running === undefined || running.owed === 0
      ? undefined
      : cents(Math.max(0, running.owed - running.paid)),
    missed: missed === 0 ? undefined : number(missed),
    risk: number(analysis?.risk_score),
    success: number(analysis?.success_probability),
    advice: word("action", analysis?.recommended_action),
    basis: word("basis", basis),
    proposed: word("action", proposed),
    decision: word("action", decision),
    decided_by: decidedBy === undefined ? undefined : { kind: "text", value: decidedBy },
    ending: word("state", ending && `completed:${ending}`),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as Facts;
}

/** Who has to do something before the case goes on. */
function waitsFor({ state, basis, ending, alarm }: CaseProgress): string {
  if (ending !== undefined || state.startsWith("completed:") || state === "forgiven") return "nobody";
  if (alarm !== undefined) return alarm.data.asked_of;
  if (state === "referred" || state === "in_assistance") return "assistance";
  if (state === "in_payment_plan" || state === "in_collection") return "citizen";
  if (state !== "waiting_for_caseworker") return "system";
  const asked = basis?.event.event_type === "case.review_requested" ? basis.event.data.asked_of : undefined;
  return asked ?? "caseworker";
}

function changesOf(before: Facts, after: Facts): readonly Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<FactName>;
  return [...names].filter((name) => before[name]?.value !== after[name]?.value)
    .map((field) => ({ field, before: before[field], after: after[field] }));
}

/** The versions that led to one, and those that came of it. */
export function chainOf(steps: readonly Step[], version: number): ReadonlySet<number> {
  const byVersion = new Map(steps.map((step) => [step.version, step]));
  const chain = new Set<number>();
  for (
    let at: number | undefined = version;
    at !== undefined && !chain.has(at);
    at = byVersion.get(at)?.cause
  ) {
    chain.add(at);
  }
  const open = [version];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const effect of byVersion.get(at)?.effects ?? []) {
      if (!chain.has(effect)) open.push(effect);
      chain.add(effect);
    }
  }
  return chain;
}

/** The latest event of a type, up to a version. */
export function latestOf<T extends CaseEvent["event_type"]>(
  steps: readonly Step[],
  type: T,
  version: number,
): EventOf<T> | undefined {
  return steps.findLast((step) => step.version <= version && step.isAccepted && step.type === type)
    ?.event as EventOf<T> | undefined;
}
