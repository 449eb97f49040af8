/** A version of the program whose analysis is broken, run on a store until cases are dead letters. @module */
import { processors } from "../../../actors/application.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { defaultSupervisorOptions, Supervisor } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { appendGeneratedCases } from "../../../simulators/load/case_feed.ts";

/** Appends so many cases, and lets the broken version fail at each of them, once. */
export async function runBrokenVersion(backend: Backend, count: number): Promise<void> {
  const dead = Promise.withResolvers<void>();
  let left = count;
  const observer = {
    ...noopObserver,
    deadLettered: () => {
      if (--left === 0) dead.resolve();
    },
  };
  const policy = { maxAttempts: 1, backoff: { firstMs: 1, longestMs: 1 } };
  const options = {
    ...defaultSupervisorOptions(1, policy),
    entry: new URL("./broken_worker.ts", import.meta.url),
  };
  const supervisor = new Supervisor(backend, processors, observer, options);
  await appendCases(backend, "broken", count);
  await supervisor.start();
  await dead.promise;
  await supervisor.stop(5_000);
}

/** Appends cases that arrived yesterday, so that their terms run. */
export async function appendCases(backend: Backend, seed: string, count: number): Promise<void> {
  const from = new Date(Date.now() - 86_400_000).toISOString();
  await appendGeneratedCases(
    backend,
    { seed, scenario: "none", from, count, onAppended() {} },
    new AbortController().signal,
  );
}
