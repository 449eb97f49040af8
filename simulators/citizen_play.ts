/** Plays the citizen and the caseworker against a running store, in simulated time. @module */
import { EventIdConflict } from "../backends/backend.ts";
import { delay, retryWhileUnavailable } from "../backends/patience.ts";
import { withTwoDecimals } from "../schema/codec.ts";
import type { WireEvent } from "../schema/events.ts";
import type { StoredEvent } from "../schema/stored_event.ts";
import { reactionsTo, reactsTo, reactsWith } from "./citizen.ts";
import { Schedule } from "./citizen_schedule.ts";
import { Tail } from "./citizen_tail.ts";
import type { SimulatedClock } from "./simulated_clock.ts";

/** The types of events the player must be given by `read`; others do no harm. */
export const citizenReads: readonly string[] = [...new Set([...reactsTo, ...reactsWith, "case.completed"])];

export interface CitizenOptions {
  /** Stored events from a position on, of the types of `citizenReads` at least; ends with what was stored at the call. */
  readonly read: (fromPosition: number) => AsyncIterable<StoredEvent>;
  readonly append: (events: readonly WireEvent[]) => Promise<unknown>;
  /** Simulated time: reactions happen when it has come. */
  readonly clock: SimulatedClock;
  readonly signal: AbortSignal;
  readonly seed: string | number;
  /** Most reactions kept in memory; beyond it the log is not read on until some have happened. Default 500,000. */
  readonly most?: number;
  /** Real milliseconds between two looks at the log. Default 200. */
  readonly everyMs?: number;
  /** Told after every look. */
  readonly onLook?: (playing: Playing) => void;
  /** Real time, for tests. */
  readonly real?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How it stands. */
export interface Playing {
  /** Events appended. */
  readonly played: number;
  /** Not appended, because the same thing had happened otherwise (a run before this one, with another seed). */
  readonly skipped: number;
  /** Reactions that are still to happen. */
  readonly scheduled: number;
  /** Simulated time of the next one; undefined when nothing is to happen. */
  readonly nextAt: Date | undefined;
}

const AT_ONCE = 500;

/**
 * Reads the log, works out the reactions and appends each when its time has come, until the signal aborts. Nothing is
 * kept but in memory: started again, it reads the log from its beginning, and what had happened is found there.
 */
export async function playCitizen(options: CitizenOptions): Promise<Playing> {
  const { signal, everyMs = 200, wait = delay, onLook } = options;
  const player = new Player(options);
  while (!signal.aborted) {
    await player.look();
    await player.play();
    onLook?.(player.playing);
    await wait(everyMs, signal);
  }
  return player.playing;
}

class Player {
  readonly #options: CitizenOptions;
  readonly #schedule = new Schedule();
  readonly #tail: Tail;
  #played = 0;
  #skipped = 0;

  constructor(options: CitizenOptions) {
    const { read, real = () => performance.now() } = options;
    this.#options = options;
    this.#tail = new Tail({ read, real });
  }

  get playing(): Playing {
    const { size, nextAt } = this.#schedule;
    return {
      played: this.#played,
      skipped: this.#skipped,
      scheduled: size,
      nextAt: nextAt === undefined ? undefined : new Date(nextAt),
    };
  }

  async look(): Promise<void> {
    const { most = 500_000, signal } = this.#options;
    await this.#patiently(async () => {
      if (this.#schedule.size >= most) return;
      for await (const { event } of this.#tail.news()) {
        this.#see(event);
        if (signal.aborted || this.#schedule.size >= most) return;
      }
    });
  }

  #see(event: WireEvent): void {
    this.#schedule.forget(event);
    if (event.event_type === "case.completed") this.#schedule.forgetCase(event.correlation_id);
    for (const reaction of reactionsTo(event, this.#options.seed)) this.#schedule.add(reaction);
  }

  /** Appends what is due. */
  async play(): Promise<void> {
    const { clock, signal } = this.#options;
    while (!signal.aborted) {
      const due = this.#schedule.takeDue(clock.now().getTime(), AT_ONCE);
      if (due.length === 0) return;
      await this.#append(due.map(withTwoDecimals));
    }
  }

  async #append(events: readonly WireEvent[]): Promise<void> {
    try {
      if (await this.#patiently(() => this.#options.append(events))) this.#played += events.length;
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
  async #patiently(work: () => Promise<unknown>): Promise<boolean> {
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
