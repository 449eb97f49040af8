/**
 * The same intakes settled on one store and, relayed into the ingest of another, there: what was decided has to be the same.
 * @module
 */
import { processors } from "../../actors/application.ts";
import { noopObserver } from "../../actors/observer.ts";
import { Relay } from "../../actors/relay/relay.ts";
import { runRelay } from "../../actors/relay/relay_actor.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import type { RelayTarget } from "../../backends/relay/target.ts";
import { classOf } from "../../schema/authority/types_from_outside.ts";
import { toCloudEvent } from "../../schema/cloudevents/cloud_event.ts";
import { defaultNames } from "../../schema/cloudevents/event_names.ts";
import { dataWithTwoDecimals } from "../../schema/codec.ts";
import { allEventTypes } from "../../schema/events.ts";
import { intakes, settleRate } from "./rates.ts";

interface RelayedOptions {
  readonly from: Backend;
  readonly to: Backend;
  /** The ingest of `to`. */
  readonly target: RelayTarget;
  readonly count: number;
  readonly seed: string;
  readonly supervision: SupervisorOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** What was decided on both, held against each other. */
export interface RelayedComparison {
  readonly from: string;
  readonly to: string;
  readonly seed: string;
  readonly intakes: number;
  readonly decisions: number;
  /** Cases whose decisions differ, or that only one of the stores decided. */
  readonly different: readonly string[];
}

const POLL_MS = 100;
/** Types that have no part in this are left where they are. */
const REPORTED = allEventTypes.filter((type) => classOf(type) === "reported");

export async function compareRelayed(options: RelayedOptions): Promise<RelayedComparison> {
  const { from, to, count, seed, supervision, signal, onProgress } = options;
  onProgress(`Settling ${count} intakes on ${from.name}`);
  // By nobody in particular, as the other store will have them: under the mandate of a simulator more is decided.
  for (const batch of intakes(count, seed)) await from.append(batch);
  await settleRate(from, processors, supervision, signal);
  onProgress(`Relaying them into the ingest of ${to.name}`);
  await settleRelayed(options);
  const [here, there] = [await decisionsOf(from), await decisionsOf(to)];
  const different = [...new Set([...here.keys(), ...there.keys()])].filter((caseId) =>
    here.get(caseId) !== there.get(caseId)
  );
  return { from: from.name, to: to.name, seed, intakes: count, decisions: here.size, different };
}

/** A node of the other store takes in what comes, and settles it. */
async function settleRelayed({ from, to, target, supervision, signal }: RelayedOptions): Promise<void> {
  const supervisor = new Supervisor(to, processors, noopObserver, supervision);
  await supervisor.start();
  try {
    const relay = new Relay(from, {
      ...{ name: "comparison", to: to.name, owner: "comparison", target, types: REPORTED },
      shown: (stored) =>
        toCloudEvent(stored, dataWithTwoDecimals(stored.event.event_type, stored.event.data), defaultNames),
    });
    await runRelay(relay, { name: "comparison", signal, isDone: (step) => step === "idle" });
    const sent = await countOf(from, REPORTED);
    while (!signal.aborted && !await isSettled(to, sent)) await delayOrAbort(POLL_MS, signal);
  } finally {
    await supervisor.stop(10_000);
  }
}

/** What came in after the mailboxes were looked at would not be seen to wait: it is counted first. */
async function isSettled(backend: Backend, reported: number): Promise<boolean> {
  if (await countOf(backend, REPORTED) < reported) return false;
  const { mailboxes } = await backend.health();
  return mailboxes.length >= processors.length * backend.partitions &&
    mailboxes.every(({ pending, retrying }) => pending + retrying === 0);
}

async function countOf(backend: Backend, types: readonly string[]): Promise<number> {
  let count = 0;
  for await (const _ of backend.readAll({ types: [...types] })) count++;
  return count;
}

/** The data of every decision, as text, by its case. */
async function decisionsOf(backend: Backend): Promise<Map<string, string>> {
  const decisions = new Map<string, string>();
  for await (const { event } of backend.readAll({ types: ["case.decision"] })) {
    const { correlation_id: caseId, data } = event;
    decisions.set(caseId, `${decisions.get(caseId) ?? ""}${canonicalText(data)}\n`);
  }
  return decisions;
}

/** The same text for the same data, in whatever order its fields come. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, each) => {
    const isRecord = typeof each === "object" && each !== null && !Array.isArray(each);
    return isRecord ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1)) : each;
  });
}
