/** A supervisor with misbehaving workers on a memory backend, for one test. @module */
import type { AnyProcessor } from "../../../actors/processor.ts";
import { Supervisor, type SupervisorOptions } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { RecordingObserver } from "../recording_observer.ts";
import { misbehavingProcessor } from "./processor.ts";

export interface TestRuntimeOptions {
  readonly store?: Parameters<typeof createMemoryBackend>[0];
  readonly options?: Partial<SupervisorOptions>;
  /** Puts something between the supervisor and the store. */
  readonly wrap?: (backend: Backend) => Backend;
  readonly processors?: readonly AnyProcessor[];
  /** An observer to share with another runtime. */
  readonly observer?: RecordingObserver;
}

/** Short waits, and times that what is in order keeps to on a busy machine. */
export const testSupervisorOptions: SupervisorOptions = {
  workers: 1,
  deliveryTimeoutMs: 1_000,
  hangMs: 10_000,
  startMs: 120_000,
  stateLimit: 1_000,
  heapCeilingBytes: 2 ** 40,
  intensity: { restarts: 100, periodMs: 60_000 },
  policy: { maxAttempts: 3, backoff: { firstMs: 5, longestMs: 20 } },
  entry: new URL("./worker.ts", import.meta.url),
};

/** One supervisor, its store and its observer; stopped when the test is over. */
export class TestRuntime {
  readonly observer: RecordingObserver;
  readonly backend: Backend;
  readonly supervisor: Supervisor;

  constructor(
    { store, options, wrap = (backend) => backend, processors = [misbehavingProcessor], observer }:
      TestRuntimeOptions = {},
  ) {
    this.observer = observer ?? new RecordingObserver();
    this.backend = createMemoryBackend({ partitions: 1, ...store });
    const settings = { ...testSupervisorOptions, ...options };
    this.supervisor = new Supervisor(wrap(this.backend), processors, this.observer, settings);
  }

  /** Appends, starts, and waits until nothing is left to do. Leaves nothing behind when that fails. */
  async run(events: readonly WireEvent[]): Promise<this> {
    try {
      await this.backend.append(events);
      await this.supervisor.start();
      await this.waitUntilIdle();
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Resolves when nothing is left to do: everything is done, or a dead letter with what it holds up. */
  async waitUntilIdle(): Promise<void> {
    await this.observer.waitUntil("nothing is left to do", async () => {
      const { mailboxes } = await this.backend.health();
      return mailboxes.length > 0 &&
        mailboxes.every(({ pending, retrying }) => pending === 0 && retrying === 0);
    });
  }

  /** For each case, the `n` of the intakes that were answered, in the order in which the answers were stored. */
  async answers(): Promise<Record<string, unknown[]>> {
    const answers: Record<string, unknown[]> = {};
    for await (const { event } of this.backend.readAll({ types: ["case.analysis"] })) {
      (answers[event.correlation_id] ??= []).push(event.data.n);
    }
    return answers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.stop(5_000);
    await this.backend.close();
  }
}
