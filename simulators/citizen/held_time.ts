/**
 * Simulated time that waits for what happens in it. A store fires timers on its own; at years a minute they would overtake the
 * citizen, and a term would expire over a payment that was made in time. So time goes on in steps: first what the citizen does
 * within a step is stored and settled, then the timers of the same step fire and what follows from them is settled, and only then
 * comes the next step. Between steps it is never ahead of its clock.
 * @module
 */
import type { WireEvent } from "../../schema/events.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/**
 * Within a step what the citizen does comes before what expires: no term is so short, and nothing the citizen does follows so soon
 * on an expiry, that their order matters.
 */
const STEP_MS = 5 * 86_400_000;

/** No store takes a later time. */
const LATEST = Date.UTC(9999, 0);

/** What a store has still to do. */
export interface Unsettled {
  /** True where a processor has something unread, or something to try again. */
  readonly isBusy: boolean;
  /** When its next timer is due, in milliseconds; Infinity without one. */
  readonly nextTimerAt: number;
}

export class HeldTime {
  readonly #clock: SimulatedClock;
  #citizenUntil: number;
  #timersUntil: number;

  /** `from` is where the clock started, ISO. */
  constructor(clock: SimulatedClock, from: string) {
    this.#clock = clock;
    this.#citizenUntil = this.#timersUntil = Date.parse(from);
  }

  /** Up to when the citizen acts. */
  get citizenUntil(): number {
    return this.#citizenUntil;
  }

  /** Up to when timers fire. */
  readonly timersAsOf = (): Date => new Date(this.#timersUntil);

  /** Whether its clock is more than a step further. */
  get isBehind(): boolean {
    return this.#timersUntil + STEP_MS < this.#now();
  }

  #now(): number {
    return Math.min(this.#clock.now().getTime(), LATEST);
  }

  /** Goes on where everything is settled; `reactionAt` is when the citizen acts next. False while it has to wait. */
  advance({ isBusy, nextTimerAt }: Unsettled, reactionAt: number): boolean {
    if (isBusy || nextTimerAt <= this.#timersUntil || reactionAt <= this.#citizenUntil) return false;
    if (this.#timersUntil < this.#citizenUntil) {
      this.#timersUntil = this.#citizenUntil;
      return true;
    }
    const next = Math.max(this.#citizenUntil, Math.min(reactionAt, nextTimerAt));
    const until = Math.min(this.#now(), next + STEP_MS);
    if (until <= this.#citizenUntil) return false;
    this.#citizenUntil = until;
    return true;
  }
}

/** An event of simulated time, which is recorded when it happens: whatever the store's own clock says. */
export function recordedAtOnce(event: WireEvent): WireEvent {
  return { ...event, metadata: { ...event.metadata, moment: event.timestamp } };
}
