/** A job of a node beside its processors, under a supervisor of its own: what fails there ends no processor. @module */
import { describeError } from "../error_info.ts";
import { type Child, ChildSupervisor } from "./child_supervisor.ts";
import type { Exit } from "./restart_policy.ts";

interface JobOptions {
  /** Names it where its failures are reported. */
  readonly id: string;
  /** Runs until the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Called when it failed, and is started again. */
  readonly onCrash: (reason: string) => void;
}

/** It can't go on, by a message that says what to do and nothing of an event. The next run comes later and later. */
export class JobRefused extends Error {
  override name = "JobRefused";
}

/** It is started again for as long as its node lives. */
const PLAN = {
  strategy: "one_for_one",
  intensity: { restarts: Infinity, periodMs: 60_000 },
  backoff: { firstMs: 1_000, longestMs: 60_000 },
} as const;

export function superviseJob(options: JobOptions): ChildSupervisor {
  const { id, onCrash } = options;
  const start = () => new JobActor(options);
  const child = { id, restart: "transient", stopMs: Infinity, start } as const;
  return new ChildSupervisor({ id, ...PLAN }, [child], (_id, { reason }) => onCrash(reason));
}

/** One run. */
class JobActor implements Child {
  readonly ready = Promise.resolve();
  readonly ended: Promise<Exit>;
  readonly #stopping = new AbortController();

  constructor({ run }: JobOptions) {
    this.ended = this.#run(run);
  }

  stop(): void {
    this.#stopping.abort();
  }

  kill(): void {
    this.stop();
  }

  async #run(run: JobOptions["run"]): Promise<Exit> {
    try {
      await run(this.#stopping.signal);
      return { kind: "shutdown", reason: "it was asked to" };
    } catch (error) {
      const { class: name, message } = describeError(error);
      return { kind: "failed", reason: error instanceof JobRefused ? message : name, error };
    }
  }
}
