/**
 * The ledger: the account that proves nothing was lost, done twice or done out of order. It reads the store and trusts
 * nothing the runtime says of itself. @module
 */
import { FORWARDER } from "../../actors/forwarding/forwarded_event.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";

/** What must follow from an event, naming it as its cause: of each of these groups one type. undefined: nothing. */
export type Conservation = (event: StoredEvent["event"]) => FollowUps | undefined;
type FollowUps = readonly (readonly string[])[];

export interface LedgerReport {
  readonly balanced: boolean;
  /** Cases accepted; the sum of the next five. */
  readonly accepted: number;
  readonly completed: number;
  /** Waiting for a caseworker's decision. */
  readonly inReview: number;
  /** Open otherwise: they wait for the citizen, or for a term. */
  readonly inProgress: number;
  readonly parked: number;
  readonly dead: number;
  /** Ids of events that were accepted or taken, and are gone or without what must follow them. At most 20 are named. */
  readonly lost: readonly string[];
  /** Ids of events that should not be there a second time. */
  readonly duplicated: readonly string[];
  /** Cases whose versions are not 1, 2, 3 … in the order of their positions, or whose effect precedes its cause. */
  readonly reordered: readonly string[];
}

/** Deliveries of a case that wait, by case id: `dead` when a person must act. */
type WaitingState = ReadonlyMap<string, "parked" | "dead">;

interface Account {
  version: number;
  position: number;
  completed: boolean;
  /** A person is asked, or told that the municipality is late, which assistance ends as well. */
  asked: "review" | "alarm" | undefined;
  readonly seen: Set<string>;
  /** Effects seen, as `cause/type`. */
  readonly effects: Set<string>;
  /** Events that must be followed and are not yet, with what is missing. */
  readonly open: Map<string, FollowUps>;
}

const MAX_NAMED = 20;

export class Ledger {
  readonly #follows: Conservation;
  readonly #accounts = new Map<string, Account>();
  readonly #missing = new Set<string>();
  /** What was addressed to other cases: its id, and the case of its sender. */
  readonly #addressed = new Map<string, string>();
  /** What was forwarded, by that by which it was addressed. */
  readonly #forwarded = new Set<string>();
  readonly #duplicated = new Set<string>();
  readonly #reordered = new Set<string>();

  constructor(follows: Conservation) {
    this.#follows = follows;
  }

  /** An event whose append was acknowledged. Call it before the store is read. */
  accept(eventId: string): void {
    this.#missing.add(eventId);
  }

  /** Every event of the store, in the order of positions. Cases whose first event is not among them are not judged. */
  observe({ position, version, event }: StoredEvent): void {
    this.#missing.delete(event.event_id);
    const isForwarded = this.#observeForwarding(event);
    const account = this.#accountOf(event.correlation_id, version);
    if (account === undefined) return;
    if (version !== account.version + 1 || position <= account.position) {
      this.#reordered.add(event.correlation_id);
    }
    account.version = version;
    account.position = position;
    if (account.seen.has(event.event_id)) this.#duplicated.add(event.event_id);
    account.seen.add(event.event_id);
    if (event.metadata.causation_id !== undefined && !isForwarded) {
      this.#observeEffect(account, event, event.metadata.causation_id);
    }
    const mayFollow = this.#follows(event);
    if (mayFollow !== undefined) account.open.set(event.event_id, mayFollow);
    if (event.event_type === "case.completed") account.completed = true;
    if (event.event_type === "case.reopened") account.completed = false;
    account.asked = askedAfter(account.asked, event);
  }

  /** True for what comes from another case: its cause is there. Positions of several partitions have no common order. */
  #observeForwarding({ event_id, event_type, correlation_id, metadata }: StoredEvent["event"]): boolean {
    if (event_type === "case.addressed") this.#addressed.set(event_id, correlation_id);
    const { source, causation_id } = metadata;
    if (causation_id === undefined || !source?.startsWith(`${FORWARDER.name}@`)) return false;
    if (this.#forwarded.has(causation_id)) this.#duplicated.add(event_id);
    this.#forwarded.add(causation_id);
    return true;
  }

  #accountOf(caseId: string, version: number): Account | undefined {
    let account = this.#accounts.get(caseId);
    if (account === undefined && version === 1) {
      const empty = { version: 0, position: 0, completed: false, asked: undefined };
      account = { ...empty, seen: new Set(), effects: new Set(), open: new Map() };
      this.#accounts.set(caseId, account);
    }
    return account;
  }

  #observeEffect(account: Account, event: StoredEvent["event"], cause: string): void {
    if (!account.seen.has(cause)) this.#reordered.add(event.correlation_id);
    const effect = `${cause}/${event.event_type}`;
    if (account.effects.has(effect)) this.#duplicated.add(event.event_id);
    account.effects.add(effect);
    const missing = account.open.get(cause)?.filter((types) => !types.includes(event.event_type)) ?? [];
    if (missing.length > 0) account.open.set(cause, missing);
    else account.open.delete(cause);
  }

  /** The verdict. `waiting` says which cases are parked or dead: what they lack is owed, not lost. */
  report(waiting: WaitingState): LedgerReport {
    const counts = { completed: 0, inReview: 0, inProgress: 0, parked: 0, dead: 0 };
    const lost = new Set(this.#missing);
    for (const [id, sender] of this.#addressed) {
      if (!this.#forwarded.has(id) && !waiting.has(sender)) lost.add(id);
    }
    for (const [caseId, account] of this.#accounts) {
      const waits = waiting.get(caseId);
      if (waits !== undefined) counts[waits]++;
      else if (account.completed) counts.completed++;
      else if (account.asked !== undefined) counts.inReview++;
      else counts.inProgress++;
      if (waits === undefined) { for (const id of account.open.keys()) lost.add(id); }
    }
    const faults = [lost, this.#duplicated, this.#reordered];
    return {
      balanced: faults.every((set) => set.size === 0),
      accepted: this.#accounts.size,
      ...counts,
      lost: [...lost].slice(0, MAX_NAMED),
      duplicated: [...this.#duplicated].slice(0, MAX_NAMED),
      reordered: [...this.#reordered].slice(0, MAX_NAMED),
    };
  }
}

/** What the team lead is told while the case runs on. */
const ALARMS: ReadonlySet<unknown> = new Set(["municipality_late", "debt_plan_unconfirmed"]);

function askedAfter(asked: Account["asked"], { event_type, data }: StoredEvent["event"]): Account["asked"] {
  if (event_type === "case.decision") return undefined;
  if (event_type === "case.assistance_accepted") return asked === "alarm" ? undefined : asked;
  if (event_type !== "case.review_requested") return asked;
  const reasons = Array.isArray(data.reasons) ? data.reasons as { code?: unknown }[] : [];
  return reasons.some(({ code }) => ALARMS.has(code)) ? "alarm" : "review";
}
