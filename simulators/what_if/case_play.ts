/**
 * Plays a case on from a moment of its history, by the version that is in effect and the seeded citizen, to its end. Pure:
 * the same case, version and seed give the same; what is drawn depends on the kind of event and its number in the case, so
 * that under two versions the same people live the same lives as far as they can. @module
 */
import { deadlineOf } from "../../actors/application.ts";
import type { AnyProcessor, EventDraft, TimerChange } from "../../actors/processor.ts";
import type { CaseProgress } from "../../actors/application.ts";
import { decodeEvent, encodeEvent } from "../../schema/codec.ts";
import { type CaseEvent, eventTypes, type WireEvent } from "../../schema/events.ts";
import { momentOf } from "../../schema/time/moment.ts";
import { reactionsTo } from "../citizen/reactions.ts";

/** Where a case stands as it is taken up. */
interface CaseMoment {
  readonly caseId: string;
  /** By processor, in their order: before `event`. */
  readonly states: readonly unknown[];
  readonly version: number;
  /** What happens first. */
  readonly event: CaseEvent;
  /** What the citizen was living by, when it was not this event. */
  readonly trigger: WireEvent | undefined;
  /** When the case began, ISO. */
  readonly openedAt: string;
}

/** How a case ended. */
export interface PlayedCase {
  readonly outcome: "resolved" | "withdrawn" | "escalated" | "unfinished";
  /** Cents. */
  readonly paid: number;
  readonly forgiven: number;
  readonly byPeople: number;
  readonly days: number;
}

/** More events than any case of five years has. */
const MOST_EVENTS = 600;
const DAY_MS = 86_400_000;

export function playCase(processors: readonly AnyProcessor[], moment: CaseMoment, seed: string): PlayedCase {
  return new CasePlay(processors, moment, seed).run();
}

interface Scheduled {
  readonly time: number;
  readonly order: number;
  readonly event: CaseEvent;
  /** Of a timer that was moved or cancelled since, nothing comes. */
  readonly timer?: string | undefined;
}

class CasePlay {
  readonly #processors: readonly AnyProcessor[];
  readonly #moment: CaseMoment;
  readonly #seed: string;
  readonly #states: unknown[];
  readonly #counts = new Map<string, number>();
  readonly #timers = new Map<string, number>();
  #queue: Scheduled[] = [];
  #order = 0;
  #version: number;
  #sums = { paid: 0, forgiven: 0, byPeople: 0 };

  constructor(processors: readonly AnyProcessor[], moment: CaseMoment, seed: string) {
    this.#processors = processors;
    this.#moment = moment;
    this.#seed = seed;
    this.#states = [...moment.states];
    this.#version = moment.version - 1;
  }

  run(): PlayedCase {
    const { event, openedAt } = this.#moment;
    this.#takeUp();
    let last = event;
    for (let handled = 0; handled < MOST_EVENTS; handled++) {
      const next = this.#next();
      if (next === undefined) break;
      last = next;
      this.#handle(next);
      if (next.event_type === "case.completed") return this.#ended(next.data.outcome, next, openedAt);
    }
    return this.#ended("unfinished", last, openedAt);
  }

  #ended(outcome: PlayedCase["outcome"], { timestamp }: CaseEvent, openedAt: string): PlayedCase {
    const days = Math.round((Date.parse(timestamp) - Date.parse(openedAt)) / DAY_MS);
    return { outcome, ...this.#sums, days };
  }

  /** The event itself, the timer that was set before it, and what the citizen had begun. */
  #takeUp(): void {
    const { event, trigger, states } = this.#moment;
    const start = Date.parse(momentOf(event));
    this.#schedule(start, event);
    const followUp = states[this.#processors.findIndex(({ name }) => name === "follow_up")];
    const deadline = followUp === undefined ? undefined : deadlineOf(followUp as CaseProgress);
    if (deadline !== undefined) {
      const { term, due, expires_at: at } = deadline;
      const data = { case_id: this.#moment.caseId, term, due };
      this.#setTimer({ kind: "set", name: "deadline", at, event: { event_type: "case.term_expired", data } });
    }
    if (trigger !== undefined) this.#react(trigger, start);
  }

  #next(): CaseEvent | undefined {
    for (;;) {
      const at = earliest(this.#queue);
      if (at < 0) return undefined;
      const [{ event, timer, order }] = this.#queue.splice(at, 1) as [Scheduled];
      if (timer === undefined || this.#timers.get(timer) === order) return event;
    }
  }

  #handle(event: CaseEvent): void {
    this.#version++;
    this.#count(event);
    this.#processors.forEach((processor, i) => {
      const state = this.#states[i];
      const takes = processor.takes.includes(event.event_type);
      if (takes) this.#emit(processor.handle(event, state, this.#contextOf(event)), event);
      if (takes || processor.folds.includes(event.event_type)) {
        this.#states[i] = processor.evolve(state, event);
      }
    });
    if (isTrigger(event)) this.#react(asRead(event), Date.parse(event.timestamp));
  }

  #contextOf(event: CaseEvent) {
    const { event_id } = event;
    return { now: momentOf(event), version: this.#version, newId: () => event_id, random: () => 0.5 };
  }

  #count(event: CaseEvent): void {
    if (event.event_type === "case.payment_received") this.#sums.paid += event.data.amount;
    if (event.event_type === "case.debt_forgiven") this.#sums.forgiven += event.data.amount;
    if (event.event_type === "case.decision" && event.data.decided_by !== "system") this.#sums.byPeople++;
  }

  #emit({ events, timers = [] }: ReturnType<AnyProcessor["handle"]>, cause: CaseEvent): void {
    for (const draft of events) {
      this.#schedule(Date.parse(momentOf(cause)), this.#eventOf(draft, momentOf(cause)));
    }
    for (const timer of timers) this.#setTimer(timer);
  }

  #setTimer(timer: TimerChange): void {
    this.#timers.delete(timer.name);
    if (timer.kind === "cancel") return;
    const order = this.#schedule(Date.parse(timer.at), this.#eventOf(timer.event, timer.at), timer.name);
    this.#timers.set(timer.name, order);
  }

  #schedule(time: number, event: CaseEvent, timer?: string): number {
    this.#queue.push({ time, order: ++this.#order, event, timer });
    return this.#order;
  }

  /** Ids by kind and number: alike under both versions. */
  #eventOf({ event_type, data }: EventDraft, timestamp: string): CaseEvent {
    const number = (this.#counts.get(event_type) ?? 0) + 1;
    this.#counts.set(event_type, number);
    const { caseId } = this.#moment;
    return {
      event_id: `${caseId}/${event_type}/${number}`,
      event_type,
      timestamp,
      correlation_id: caseId,
      data,
      metadata: { schema_version: eventTypes[event_type].version },
    } as unknown as CaseEvent;
  }

  /** What comes of a trigger after a moment. */
  #react(trigger: WireEvent, after: number): void {
    for (const { at, event } of reactionsTo(trigger, this.#seed)) {
      const time = Date.parse(at);
      if (time > after) this.#schedule(time, decodeEvent(event));
    }
  }
}

/** As a store gives it back: amounts are numbers again. */
function asRead(event: CaseEvent): WireEvent {
  return JSON.parse(JSON.stringify(encodeEvent(event)));
}

function earliest(queue: readonly Scheduled[]): number {
  let best = -1;
  for (let i = 0; i < queue.length; i++) {
    const each = queue[i]!, first = queue[best];
    if (
      first === undefined || each.time < first.time || (each.time === first.time && each.order < first.order)
    ) {
      best = i;
    }
  }
  return best;
}

/** What citizens and caseworkers react to. */
export function isTrigger({ event_type }: Pick<WireEvent, "event_type">): boolean {
  return event_type === "case.payment_plan_created" || event_type === "case.decision" ||
    event_type === "case.review_requested";
}
