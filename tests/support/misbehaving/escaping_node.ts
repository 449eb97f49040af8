/** A node with a handler that escapes the guard as its argument says: tells how it ended, and exits. @module */
import { type MisbehavingAct, misbehavingEvent } from "./processor.ts";
import { TestRuntime, testSupervisorOptions } from "./runtime.ts";

const policy = { maxAttempts: 3, backoff: { firstMs: 60_000, longestMs: 60_000 } };
// Long enough that what is in order is never late, which would not be tried again before all is over.
const times = { deliveryTimeoutMs: 2_000, hangMs: 2_500 };
const runtime = new TestRuntime({ options: { ...testSupervisorOptions, ...times, policy } });
const act = Deno.args[0] as MisbehavingAct;
await runtime.backend.append([
  misbehavingEvent("case-0", 1),
  misbehavingEvent("case-1", 1, act),
  misbehavingEvent("case-2", 1),
]);
await runtime.supervisor.start();
// A broken supervisor never ends: then this process does.
setTimeout(() => Deno.exit(9), 60_000);
const ending = await runtime.supervisor.ended();
const inTime = await runtime.supervisor.stop(10_000);
const { exits, retries } = runtime.observer;
const result = {
  ...ending,
  inTime,
  exits: exits.map(({ exit }) => exit),
  retries: retries.map(({ ids, error }) => [ids.caseId, ids.attempt, error]),
  answers: await runtime.answers(),
};
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(result)));
Deno.exit(0);
