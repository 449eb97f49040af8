/** The measurements of one round of a comparison, each as one number. @module */
import { noopObserver } from "../../actors/observer.ts";
import type { AnyProcessor } from "../../actors/processor.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { VersionConflict } from "../../backends/errors.ts";
import { delayOrAbort, mapConcurrently } from "../../backends/primitives/concurrency.ts";
import { withTwoDecimals } from "../../schema/codec.ts";
import { SIMULATOR } from "../../schema/authority/names.ts";
import type { WireEvent } from "../../schema/events.ts";
import { generateCases } from "../case_generator.ts";
import { measureBackend } from "../load/measured_backend.ts";

const BATCH = 500;
const CONCURRENT_APPENDS = 4;
/** After this long without a settle the store is asked whether work is left. */
const QUIET_MS = 150;

/** Generated intakes in batches, the same for every backend. */
export function intakes(count: number, seed: string): WireEvent[][] {
  const events = [...generateCases({ seed, count })].map(({ event }) => withTwoDecimals(event));
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => events.slice(i * BATCH, (i + 1) * BATCH));
}

/** Events appended a second, several batches under way at once. */
export async function appendRate(backend: Backend, batches: readonly WireEvent[][]): Promise<number> {
  const began = performance.now();
  await mapConcurrently(CONCURRENT_APPENDS, batches, (batch) => backend.append(batch, "any", SIMULATOR));
  return batches.flat().length / (performance.now() - began) * 1000;
}

/** Deliveries settled a second until nothing of these processors waits. The clock starts with warm workers. */
export async function settleRate(
  backend: Backend,
  processors: readonly AnyProcessor[],
  supervision: SupervisorOptions,
  signal: AbortSignal,
): Promise<number> {
  let [settled, began, last] = [0, 0, 0];
  const watched = measureBackend(backend, (_, done) => {
    last = performance.now();
    // The clock starts at the first settle, and its deliveries don't count.
    if (began === 0) began = last;
    else settled += done.length;
  });
  // All that is there: some of them have not worked on this store yet.
  const hosted = processors.map((processor) => ({ ...processor, begins: "beginning" }));
  const supervisor = new Supervisor(watched, hosted, noopObserver, supervision);
  await supervisor.start();
  try {
    const sinceSettledMs = () => performance.now() - last;
    await waitUntilDrained(backend, new Set(processors.map(({ name }) => name)), sinceSettledMs, signal);
    return settled === 0 ? 0 : settled / (last - began) * 1000;
  } finally {
    await supervisor.stop(10_000);
  }
}

/** While deliveries are settled the store is not asked: the cost of asking would be measured too. */
async function waitUntilDrained(
  backend: Backend,
  names: ReadonlySet<string>,
  sinceSettledMs: () => number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delayOrAbort(Math.max(50, QUIET_MS - sinceSettledMs()), signal);
    if (sinceSettledMs() < QUIET_MS) continue;
    const mailboxes = (await backend.health()).mailboxes.filter(({ processor }) => names.has(processor));
    if (mailboxes.length < names.size * backend.partitions) continue;
    if (mailboxes.every(({ pending, retrying }) => pending + retrying === 0)) return;
  }
}

/** Median milliseconds to read all events of one of these cases. */
export async function readCaseMs(backend: Backend, caseIds: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (const caseId of caseIds) {
    const began = performance.now();
    for await (const _ of backend.readCase(caseId));
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

/** Events of one type read a second, in a replay from a position on. */
export async function replayRate(backend: Backend, type: string, most: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  for await (const _ of backend.readAll({ types: [type] })) if (++count >= most) break;
  return count / (performance.now() - began) * 1000;
}

/** Appends to each case twice at once on the same version; returns for how many cases exactly one append was refused. */
export async function countRefusedConflicts(
  backend: Backend,
  batches: readonly WireEvent[][],
): Promise<number> {
  let refused = 0;
  for (const event of batches.flat()) {
    const rival = { ...event, event_id: crypto.randomUUID() };
    const tries = await Promise.allSettled([
      backend.append([event], "none"),
      backend.append([rival], "none"),
    ]);
    const failed = tries.filter((each) => each.status === "rejected");
    if (failed.length === 1 && failed[0]!.reason instanceof VersionConflict) refused++;
  }
  return refused;
}
