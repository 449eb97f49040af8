/**
 * Simulated time: one queue of tasks in the order in which they are due. Every task belongs to a process, which can be
 * killed (its tasks are dropped) and stopped (its tasks wait), and everything a task wakes has acted before the next
 * one begins. Own code and not a library of fake timers, because those know one process only.
 * @module
 */
import { setImmediate } from "node:timers";

/** When every simulation begins. */
export const START = Date.UTC(2026, 0, 1);

/** A run that takes more steps than this goes round in circles: most take under two thousand. */
const MAX_STEPS = 30_000;

interface Task {
  readonly at: number;
  readonly process: Process;
  readonly run: () => void;
  cancelled: boolean;
}

/** What can be stopped or killed as a whole: a node, its connection, or the world around them. */
export class Process {
  alive = true;
  /** Milliseconds by which its clock is ahead. */
  clockOffset = 0;
  /** How many reasons there are for it to stand still. */
  pauses = 0;
  readonly waiting: Task[] = [];

  constructor(readonly name: string) {}
}

export class SimulatedTime {
  /** Milliseconds since the simulation began. */
  now = 0;
  /** What everything belongs to that is no node's. */
  readonly outside = new Process("world");
  /** Whose task is running. */
  current = this.outside;
  /** Tasks that were run. */
  steps = 0;
  /** Latest first. */
  readonly #tasks: Task[] = [];
  readonly #onError: (process: Process, error: unknown) => void;

  constructor(onError: (process: Process, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Runs something in a process after this many milliseconds, unless the process is dead by then. */
  after(ms: number, process: Process, run: () => void): Task {
    const task = { at: this.now + Math.max(0, ms), process, run, cancelled: false };
    this.#add(task);
    return task;
  }

  /** Takes a reason away for which a process stands still. */
  resume(process: Process): void {
    if (--process.pauses > 0) return;
    for (const task of process.waiting.splice(0)) this.#add(task);
  }

  /** The end of a process, with everything in its memory. */
  kill(process: Process): void {
    process.alive = false;
    process.waiting.length = 0;
  }

  /** Lets time pass until something holds. False when `untilMs` or too many steps came first, or nothing is left to happen. */
  async advanceUntil(condition: () => boolean, untilMs: number): Promise<boolean> {
    await runMacrotask();
    while (!condition()) {
      const task = this.#tasks.pop();
      if (task === undefined || task.at > untilMs || this.steps > MAX_STEPS) return false;
      await this.#run(task);
    }
    return true;
  }

  async #run(task: Task): Promise<void> {
    const { process } = task;
    if (task.cancelled || !process.alive) return;
    if (process.pauses > 0) return void process.waiting.push(task);
    this.steps++;
    this.now = Math.max(this.now, task.at);
    this.current = process;
    try {
      task.run();
    } catch (error) {
      this.#onError(process, error);
    }
    await runMacrotask();
    this.current = this.outside;
  }

  /** Tasks that are due at the same time keep the order in which they were added. */
  #add(task: Task): void {
    let low = 0;
    let high = this.#tasks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#tasks[middle]!.at <= task.at) high = middle;
      else low = middle + 1;
    }
    this.#tasks.splice(low, 0, task);
  }
}

/** A new task of the real event loop begins after the last microtask. */
function runMacrotask(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
