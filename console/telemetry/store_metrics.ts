/** What the store says: mailboxes, leases, the inbox and figures of the server. @module */
import type { Registry } from "prom-client";
import type { Health, MailboxHealth, ProjectionHealth } from "../../backends/health.ts";
import { type PausedKind, pausedOf } from "../../backends/pauses.ts";
import { natsFigures, postgresFigures } from "../../backends/measurements.ts";
import { isUnowned } from "../http/processor_report.ts";
import type { NodeMetrics } from "./node_metrics.ts";
import { counter, gauge, OF_THE_STORE } from "./registry.ts";

type MailboxCount = "pending" | "parked" | "retrying" | "dead";

/** How the mailboxes stand. No sample before the first health: zero would claim that nothing waits. */
export function registerMailboxes(
  registry: Registry,
  nodeMetrics: NodeMetrics,
  { backend, node }: { readonly backend: string; readonly node: string },
): void {
  const byProcessor = (
    name: string,
    help: string,
    valueOf: (mailboxes: readonly MailboxHealth[]) => number,
  ) =>
    gauge(registry, {
      name,
      help,
      labels: ["backend", "processor"],
      read: () =>
        [...mailboxesByProcessor(nodeMetrics)].map((
          [processor, mailboxes],
        ) => [{ backend, processor }, valueOf(mailboxes)]),
    });
  for (const [field, help] of Object.entries(sums) as [MailboxCount, string][]) {
    byProcessor(`zaakstroom_mailbox_${field}`, help + OF_THE_STORE, (mailboxes) => sumOf(mailboxes, field));
  }
  byProcessor(
    "zaakstroom_mailbox_oldest_seconds",
    `Age of the oldest delivery that waits${OF_THE_STORE}`,
    (mailboxes) => Math.max(0, ...mailboxes.map(({ oldestMs }) => oldestMs)) / 1000,
  );
  byProcessor(
    "zaakstroom_mailbox_parked_oldest_seconds",
    `Age of the oldest parked delivery${OF_THE_STORE}`,
    (mailboxes) => Math.max(0, ...mailboxes.map(({ parkedOldestMs }) => parkedOldestMs)) / 1000,
  );
  byProcessor(
    "zaakstroom_mailbox_held",
    `Parked deliveries that wait behind an earlier one of their case${OF_THE_STORE}`,
    (mailboxes) => sumOf(mailboxes, "parked") - sumOf(mailboxes, "retrying"),
  );
  byProcessor(
    "zaakstroom_mailbox_unowned",
    `Partitions that no node has a lease of${OF_THE_STORE}`,
    (mailboxes) => mailboxes.filter(isUnowned).length,
  );
  byProcessor(
    "zaakstroom_processor_paused",
    `1 while a person has paused the processor${OF_THE_STORE}`,
    (mailboxes) => isPaused(nodeMetrics, "processor", mailboxes[0]!.processor) ? 1 : 0,
  );
  byProcessor(
    "zaakstroom_leases_held",
    "Partitions that this node has the lease of",
    (mailboxes) => mailboxes.filter((each) => each.owner === node && !isUnowned(each)).length,
  );
}

function isPaused({ health }: NodeMetrics, kind: PausedKind, name: string): boolean {
  return pausedOf(health?.pauses ?? [], kind).includes(name);
}

const sums: Record<MailboxCount, string> = {
  pending: "Deliveries that wait, each mailbox counted up to 10,000",
  parked: "Deliveries that wait for their next try, or behind an earlier one of their case",
  retrying: "Parked deliveries that will be tried again by themselves",
  dead: "Dead letters that wait for a person",
};

function sumOf(mailboxes: readonly MailboxHealth[], field: MailboxCount): number {
  return mailboxes.reduce((sum, each) => sum + each[field], 0);
}

function mailboxesByProcessor({ health }: NodeMetrics): Map<string, MailboxHealth[]> {
  return Map.groupBy(health?.mailboxes ?? [], ({ processor }) => processor);
}

/** How read models stand. No sample before the first health, and none where no read models are kept. */
export function registerProjections(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const byProjection = (name: string, help: string, valueOf: (projection: ProjectionHealth) => number) =>
    gauge(registry, {
      name,
      help: help + OF_THE_STORE,
      labels: ["backend", "projection"],
      read: () =>
        (nodeMetrics.health?.projections ?? []).map((
          each,
        ) => [{ backend, projection: each.name }, valueOf(each)]),
    });
  byProjection(
    "zaakstroom_projection_pending",
    "Events that a read model has not taken in, each partition counted up to 10,000",
    ({ pending }) => pending,
  );
  byProjection(
    "zaakstroom_projection_held",
    "Partitions in which a projection stands still at an event that it can't take",
    ({ held }) => held.length,
  );
  byProjection(
    "zaakstroom_projection_skipped",
    "What was no event, and was passed over by a projection",
    ({ skipped }) => skipped,
  );
}

/** The brief's queue depth, and what waits outside of mailboxes. */
export function registerDepth(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  const ofHealth = (name: string, help: string, valueOf: (health: Health) => number | undefined) =>
    gauge(registry, {
      name,
      help: help + OF_THE_STORE,
      labels: ["backend"],
      read: () => {
        const value = nodeMetrics.health && valueOf(nodeMetrics.health);
        return value === undefined ? [] : [[{ backend }, value]];
      },
    });
  ofHealth(
    "event_queue_depth",
    "Deliveries that wait in all mailboxes, parked ones too; each mailbox is counted up to 10,000",
    ({ mailboxes }) => sumOf(mailboxes, "pending") + sumOf(mailboxes, "parked"),
  );
  ofHealth(
    "zaakstroom_inbox_refused",
    "Events in the inbox that wait for a person",
    ({ rejected }) => rejected,
  );
  ofHealth(
    "zaakstroom_nodes_drained",
    "Nodes that are alive and drained by a person",
    ({ nodes = [], pauses = [] }) => {
      const drained = pausedOf(pauses, "node");
      return nodes.filter(({ node }) => drained.includes(node)).length;
    },
  );
  ofHealth("zaakstroom_timers", "Durable timers that have not fired yet", ({ timers }) => timers);
  ofHealth(
    "zaakstroom_fan_out_pending",
    "Events that are not copied to the subjects for others yet",
    ({ fanOut }) => fanOut?.pending,
  );
  ofHealth(
    "zaakstroom_fan_out_oldest_seconds",
    "Age of the oldest event that is not copied to the subjects for others yet",
    ({ fanOut }) => fanOut && fanOut.oldestMs / 1000,
  );
  ofHealth(
    "zaakstroom_fan_out_held",
    "1 while the copying of events for others waits for a person, 0 otherwise",
    ({ fanOut }) => fanOut && (fanOut.held === undefined ? 0 : 1),
  );
}

/** Figures of the server. A node has those of its own backend. */
export function registerServer(registry: Registry, nodeMetrics: NodeMetrics, backend: string): void {
  for (const [name, { type, help }] of Object.entries(figuresOf(backend))) {
    const register = type === "counter" ? counter : gauge;
    register(registry, {
      name: `zaakstroom_${backend}_${name}`,
      help: help + OF_THE_STORE,
      labels: [],
      read: () => {
        const value = nodeMetrics.storeFigures[name];
        return value === undefined ? [] : [[{}, value]];
      },
    });
  }
}

function figuresOf(backend: string): Readonly<Record<string, { type: "gauge" | "counter"; help: string }>> {
  return backend === "postgres" ? postgresFigures : backend === "nats" ? natsFigures : {};
}
