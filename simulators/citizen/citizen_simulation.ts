/** Plays the citizen and the caseworker against a running store, in simulated time. @module */
import { EventIdConflict } from "../../backends/errors.ts";
import { delay, retryWhileUnavailable } from "../../backends/primitives/retry.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import type { WireEvent } from "../../schema/events.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { reactionEventTypes, reactionsTo, triggerEventTypes } from "./reactions.ts";
import { ReactionSchedule } from "./reaction_schedule.ts";
import { EventTail } from "./event_tail.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/** The types of events the player must be given by `read`; others do no harm. */
export const citizenEventTypes: readonly string[] = [
  ...new Set([...triggerEventTypes, ...reactionEventTypes, "case.completed"]),
];

export interface CitizenOptions {
  /** Stored events from a position on, of the types of `citizenReads` at least; ends with what was stored at the call. */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  readonly append: (events: readonly WireEvent[]) => Promise<unknown>;
  /** Simulated time: reactions happen when it has come. */
  readonly clock: SimulatedClock;
  readonly signal: AbortSignal;
  readonly seed: string | number;
  /** Most reactions kept in memory; beyond it the log is not read on until some have happened. Default 500,000. */
  readonly maxScheduled?: number;
  /** Real milliseconds between two looks at the log. Default 200. */
  readonly pollIntervalMs?: number;
  /** Told after every look. */
  readonly onProgress?: (playing: CitizenProgress) => void;
  /** Real time, for tests. */
  readonly real?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How it stands. */
export interface CitizenProgress {
  /** Events appended. */
  readonly appended: number;
  /** Not appended, because the same thing had happened otherwise (a run before this one, with another seed). */
  readonly skipped: number;
  /** Reactions that are still to happen. */
  readonly scheduled: number;
  /** Simulated time of the next one; undefined when nothing is to happen. */
  readonly nextAt: Date | undefined;
}

const APPEND_BATCH = 500;

/**
 * Reads the log, works out the reactions and appends each when its time has come, until the signal aborts. Nothing is
 * kept but in memory: started again, it reads the log from its beginning, and what had happened is found there.
 */
export async function simulateCitizen(options: CitizenOptions): Promise<CitizenProgress> {
  const { signal, pollIntervalMs = 200, wait = delay, onProgress } = options;
  const simulation = new CitizenSimulation(options);
  while (!signal.aborted) {
    await simulation.poll();
    await simulation.appendDue();
    onProgress?.(simulation.progress);
    await wait(pollIntervalMs, signal);
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

  get progress(): CitizenProgress {
    const { size, nextAt } = this.#schedule;
    return {
      appended: this.#appended,
      skipped: this.#skipped,
      scheduled: size,
      nextAt: nextAt === undefined ? undefined : new Date(nextAt),
    };
  }

  async poll(): Promise<void> {
    const { maxScheduled = 500_000, signal } = this.#options;
    await this.#retry(async () => {
      if (this.#schedule.size >= maxScheduled) return;
      for await (const { event } of this.#tail.unseenEvents()) {
        this.#react(event);
        if (signal.aborted || this.#schedule.size >= maxScheduled) return;
      }
    });
  }

  #react(event: WireEvent): void {
    this.#schedule.cancel(event);
    if (event.event_type === "case.completed") this.#schedule.cancelCase(event.correlation_id);
    for (const reaction of reactionsTo(event, this.#options.seed)) this.#schedule.add(reaction);
  }

  /** Appends what is due. */
  async appendDue(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const due = this.#schedule.takeDue(clock.now().getTime(), APPEND_BATCH);
      if (due.length === 0) return;
      await this.#append(due.map(withTwoDecimals));
    }
  }

  async #append(events: readonly WireEvent[]): Promise<void> {
    try {
      if (await this.#retry(() => this.#options.append(events))) this.#appended += events.length;
    } catch (error) {
      if (!(error instanceof EventIdConflict)) throw error;
      if (events.length === 1) this.#skipped++;
      else for (const event of events) await this.#append([event]);
    }
  }

  /**
   * A backend that is away is waited for: ids are derived, so that an append can be made again. False when the signal
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
