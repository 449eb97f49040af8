/** Simulates the citizen and the caseworker against a running store, in simulated time. @module */
import { EventIdConflict, NotAllowed } from "../../backends/errors.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { reactionEventTypes, reactionsTo, triggerEventTypes } from "./reactions.ts";
import { ReactionSchedule } from "./reaction_schedule.ts";
import { EventTail } from "./event_tail.ts";
import type { HeldTime, Unsettled } from "./held_time.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/** The event types that `read` must include; others do no harm. */
export const citizenEventTypes: readonly string[] = [
  ...new Set([...triggerEventTypes, ...reactionEventTypes, "case.completed"]),
];

export interface CitizenOptions {
  /**
   * Stored events from a position on, of the types of `citizenEventTypes` at least; ends with what was stored at the
   * call.
   */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  readonly append: (events: readonly WireEvent[]) => Promise<unknown>;
  /** Simulated time: reactions happen when it has come. */
  readonly clock: SimulatedClock;
  /** Time that waits for the store, and what the store has still to do. Without it time is that of the clock. */
  readonly held?: { readonly time: HeldTime; readonly unsettled: () => Promise<Unsettled> } | undefined;
  readonly signal: AbortSignal;
  readonly seed: string | number;
  /** Most reactions kept in memory; beyond it the log is not read on until some have happened. Default 500,000. */
  readonly maxScheduled?: number;
  readonly onProgress?: (playing: CitizenProgress) => void;
  /** Real time, for tests. */
  readonly real?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The state of the simulation. */
export type CitizenProgress = CitizenSimulation["progress"];

const APPEND_BATCH = 500;
/** Real milliseconds between two polls of the log, and between two while time has to catch up with its clock. */
const POLL_INTERVAL_MS = 200;
const CATCH_UP_INTERVAL_MS = 20;

/**
 * Reads the log, computes the reactions and appends each when its time has come, until the signal aborts. Its state is
 * in memory only: after a restart it reads the log from the beginning, and finds there which reactions have happened.
 */
export async function simulateCitizen(options: CitizenOptions): Promise<CitizenProgress> {
  const { signal, wait = delayOrAbort, onProgress } = options;
  const simulation = new CitizenSimulation(options);
  while (!signal.aborted) {
    const hasMore = await simulation.step();
    onProgress?.(simulation.progress);
    await wait(hasMore ? CATCH_UP_INTERVAL_MS : POLL_INTERVAL_MS, signal);
  }
  return simulation.progress;
}

class CitizenSimulation {
  readonly #options: CitizenOptions;
  readonly #schedule = new ReactionSchedule();
  readonly #tail: EventTail;
  #appended = 0;
  #skipped = 0;

  constructor(options: CitizenOptions) {
    const { read, real = () => performance.now() } = options;
    this.#options = options;
    this.#tail = new EventTail({ read, real });
  }

  get progress() {
    const { size, nextAt } = this.#schedule;
    return {
      appended: this.#appended,
      /** Not appended: an earlier run had stored the same reaction otherwise, or the case allows it no more. */
      skipped: this.#skipped,
      /** Reactions still to come. */
      scheduled: size,
      /** Simulated time of the next one; undefined when there is none. */
      nextAt: nextAt === undefined ? undefined : new Date(nextAt),
    };
  }

  /** Reads what is new and does what is due; true where there is more to do at once. */
  async step(): Promise<boolean> {
    const { clock, held } = this.#options;
    const seen = await this.#poll();
    const appended = await this.#appendDue(held?.time.citizenUntil ?? clock.now().getTime());
    if (held === undefined || seen + appended > 0) return held !== undefined;
    await this.#retry(async () => {
      held.time.advance(await held.unsettled(), this.#schedule.nextAt ?? Infinity);
    });
    return held.time.isBehind;
  }

  /** The number of events that were new. */
  async #poll(): Promise<number> {
    const { maxScheduled = 500_000, signal } = this.#options;
    let seen = 0;
    await this.#retry(async () => {
      if (this.#schedule.size >= maxScheduled) return;
      for await (const { event } of this.#tail.unseenEvents()) {
        this.#react(event);
        seen++;
        if (signal.aborted || this.#schedule.size >= maxScheduled) return;
      }
    });
    return seen;
  }

  #react(event: WireEvent): void {
    this.#schedule.cancel(event);
    if (event.event_type === "case.completed") this.#schedule.cancelCase(event.correlation_id);
    for (const reaction of reactionsTo(event, this.#options.seed)) this.#schedule.add(reaction);
  }

  async #appendDue(until: number): Promise<number> {
    let appended = 0;
    while (!this.#options.signal.aborted) {
      const due = this.#schedule.takeDue(until, APPEND_BATCH);
      if (due.length === 0) break;
      await this.#append(due.map(withTwoDecimals));
      appended += due.length;
    }
    return appended;
  }

  async #append(events: readonly WireEvent[]): Promise<void> {
    try {
      if (await this.#retry(() => this.#options.append(events))) this.#appended += events.length;
    } catch (error) {
      // A case that was decided on meanwhile waits for no decision any more.
      if (!(error instanceof EventIdConflict || error instanceof NotAllowed)) throw error;
      if (events.length === 1) this.#skipped++;
      else for (const event of events) await this.#append([event]);
    }
  }

  /**
   * Retries while the backend is unavailable: ids are derived, so an append can be repeated. False when the signal
   * aborted meanwhile.
   */
  async #retry(work: () => Promise<unknown>): Promise<boolean> {
    const { signal } = this.#options;
    try {
      await retryWhileUnavailable(work, signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
  }
}
