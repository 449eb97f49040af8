/** graphile-worker with no-op jobs, as its page on performance advises: a local queue, batched completion. @module */
import { asked, Handled, payloads, printRate } from "./job_rate.ts";

const VERSION = "0.18.0";

interface Worker {
  makeWorkerUtils(options: { preset: unknown }): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: { identifier: string; payload: unknown }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: {
    preset: unknown;
    taskList: Record<string, (payload: unknown) => void>;
  }): Promise<{ stop(): Promise<void> }>;
  Logger: new (factory: () => () => void) => unknown;
}

const SIZE = 500;
const { url, count, seed } = asked();
const { makeWorkerUtils, run, Logger } = await import(`npm:graphile-worker@${VERSION}`) as Worker;
const preset = {
  worker: {
    connectionString: url,
    logger: new Logger(() => () => {}),
    maxPoolSize: 10,
    concurrentJobs: 48,
    localQueue: { size: SIZE, refetchDelay: { durationMs: 10 } },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
};
const utils = await makeWorkerUtils({ preset });
await utils.migrate();
const jobs = payloads(count, seed).map((payload) => ({ identifier: "intake", payload }));
for (let i = 0; i < jobs.length; i += 1000) await utils.addJobs(jobs.slice(i, i + 1000));
const handled = new Handled(count);
handled.start();
const runner = await run({ preset, taskList: { intake: () => handled.add(1) } });
await handled.done;
const per_second = handled.perSecond;
await runner.stop();
await utils.release();
printRate({
  name: "graphile-worker",
  version: VERSION,
  configured: `local queue of ${SIZE}, 48 at once, completed in batches`,
  per_second,
});
