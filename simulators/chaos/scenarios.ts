/** The scenarios that chaos plays, as data: the faults themselves are loaded where a scenario is played. @module */
import type { Scenario, TimelineStep } from "./scenario.ts";

/** A scenario as it is written down; what is left out is as in `DEFAULTS` and `STEP`. */
type ScenarioPlan = Pick<Scenario, "about"> & Partial<Omit<Scenario, "name" | "timeline">> & {
  readonly timeline: readonly (Pick<TimelineStep, "fault"> & Partial<TimelineStep>)[];
};

const DEFAULTS = {
  nodes: 1,
  guarded: false,
  smallHeap: false,
  backends: ["postgres", "nats", "memory"],
  expect: {},
} as const;
const STEP = { at: 0.3, until: 0.6, leastMs: 0, times: 1, chance: 1 };

/** An idle node that is cut off asks its backend after 5 s, and gives up on the answer after 2 s more. */
const SHOWN_MS = 8_000;

const plans = {
  calm: {
    about: "No fault at all: the load, the ledger and the figures that everything else is compared with",
    timeline: [{ fault: "noop" }],
  },
  worker_kill: {
    about: "Workers die with batches in their hands; others take their place",
    timeline: [{ fault: "worker_kill", times: 3 }],
  },
  worker_hang: {
    about: "A worker spins for ever; it is found, and its process begun anew by the guardian",
    guarded: true,
    timeline: [{ fault: "worker_hang" }],
  },
  heap_blow_up: {
    about: "A worker takes the whole process with it; the guardian starts it again",
    guarded: true,
    smallHeap: true,
    timeline: [{ fault: "heap_blow_up" }],
  },
  poison_message: {
    about: "Events that no try can save become dead letters, and every other case goes on",
    timeline: [{ fault: "poison_message" }],
  },
  failing_handler: {
    about: "Deliveries that fail at first park their case, and its order is kept",
    timeline: [{ fault: "failing_handler", times: 2 }],
  },
  slow_handler: {
    about: "Handlers are slower than the load: deliveries pile up in the store, never in memory",
    timeline: [{ fault: "slow_handler" }],
  },
  duplicate_delivery: {
    about: "Everything is delivered twice and has its effect once",
    timeline: [{ fault: "duplicate_delivery" }],
  },
  network_partition: {
    about: "A node is cut off from its backend; when the network heals it goes on where it was",
    timeline: [{ fault: "network_partition", leastMs: SHOWN_MS }],
    expect: { recoverMs: 2_000 },
  },
  partition_to_backend: {
    about: "What a node asks does not arrive",
    timeline: [{ fault: "partition_to_backend", leastMs: 2_500 }],
    expect: { recoverMs: 2_000 },
  },
  partition_from_backend: {
    about: "What a node asks is done, and it does not learn of it",
    timeline: [{ fault: "partition_from_backend", leastMs: SHOWN_MS }],
    expect: { recoverMs: 2_000 },
  },
  partition_failover: {
    about:
      "A node is cut off beyond its leases; another takes over, and the first one's settles come too late",
    nodes: 2,
    timeline: [{ fault: "network_partition", leastMs: SHOWN_MS }],
    expect: { recoverMs: 2_000 },
  },
  latency: {
    about: "Every message to the backend and back is late, and not always equally late",
    timeline: [{ fault: "latency" }],
  },
  bandwidth: {
    about: "The line to the backend is thin",
    timeline: [{ fault: "bandwidth" }],
  },
  connection_reset: {
    about: "Connections break off, whatever is under way",
    timeline: [{ fault: "connection_reset", times: 4 }],
  },
  lost_acknowledgement: {
    about: "Commits are applied and their acknowledgements lost: what was done must not be done again",
    timeline: [{ fault: "lost_acknowledgement", leastMs: 1_000 }],
  },
  first_commits_fail: {
    about: "The next commits are refused by a server that asks to try again",
    timeline: [{ fault: "first_commits_fail", times: 2 }],
  },
  slow_commit: {
    about: "A transaction draws its positions and commits late: no reader may have gone past them",
    // A stream has one order, and nothing is stored in it late.
    backends: ["postgres"],
    timeline: [{ fault: "slow_commit", times: 2 }],
  },
  disk_full: {
    about:
      "The server's disk is full for a while: nothing is lost, and everything goes on when there is room",
    timeline: [{ fault: "disk_full" }],
  },
  backend_kill: {
    about: "The server is killed under load and started again",
    timeline: [{ fault: "backend_kill", at: 0.3, until: 0.5 }],
    expect: { recoverMs: 3_000 },
  },
  lose_disk: {
    about:
      "The server is killed under load and its disk is gone: restored from a backup and its stream, nothing that was kept is missing",
    backends: ["postgres", "nats"],
    timeline: [{ fault: "lose_disk" }],
  },
  node_kill: {
    about: "The node is killed under load; its guardian starts it again",
    guarded: true,
    timeline: [{ fault: "node_kill" }],
  },
  guardian_kill: {
    about: "A guardian is killed; its node ends in order, and another node takes over",
    nodes: 2,
    guarded: true,
    timeline: [{ fault: "guardian_kill" }],
  },
  zombie: {
    about: "A node that was stopped beyond its leases wakes up with settled work in its hands, and is fenced",
    nodes: 2,
    timeline: [{ fault: "zombie", leastMs: 2_000 }],
  },
  clock_jump: {
    about: "The clock of a node jumps by an hour: leases and timers go by the clock of the store",
    timeline: [{ fault: "clock_jump" }],
  },
  lease_theft: {
    about: "Leases are taken from a node that is alive: what it settles after that is fenced",
    timeline: [{ fault: "lease_theft" }],
  },
  two_nodes_racing: {
    about: "Two nodes run under one name and take each other's leases; none of their work is done twice",
    timeline: [{ fault: "two_nodes_racing", leastMs: 1_500 }],
  },
  hostile_producers: {
    about:
      "Garbage, floods, taken ids, oversized events and slow HTTP clients beside the load: each harms itself alone",
    timeline: [{ fault: "hostile_producers" }],
    expect: { probeMs: 1_000 },
  },
  relay_cut: {
    about:
      "Relays to a file, an endpoint and a stream are killed, frozen and cut off under load; each target has every event once, in order",
    backends: ["postgres", "nats"],
    timeline: [{ fault: "relay_cut" }],
  },
  cdc_cut: {
    about:
      "A stream of changes loses its process, its walsender, its connection and its server under load; its file has each row once, in order",
    backends: ["postgres"],
    timeline: [{ fault: "cdc_cut" }],
  },
  bad_day: {
    about: "Many faults after and into each other, drawn by the seed",
    nodes: 2,
    guarded: true,
    timeline: [
      { fault: "latency", at: 0.15, until: 0.75, chance: 0.7 },
      { fault: "worker_kill", at: 0.2, until: 0.4, times: 2 },
      { fault: "connection_reset", at: 0.3, until: 0.7, times: 3, chance: 0.8 },
      { fault: "failing_handler", at: 0.25 },
      { fault: "poison_message", at: 0.35 },
      { fault: "network_partition", at: 0.5, until: 0.6, leastMs: 2_200, chance: 0.8 },
      { fault: "lost_acknowledgement", at: 0.65, until: 0.75, chance: 0.8 },
    ],
  },
} as const satisfies Readonly<Record<string, ScenarioPlan>>;

export const scenarioNames = Object.keys(plans) as (keyof typeof plans)[];

export const scenarios: readonly Scenario[] = scenarioNames.map((name) => {
  const { timeline, ...plan }: ScenarioPlan = plans[name];
  return { name, ...DEFAULTS, ...plan, timeline: timeline.map((step) => ({ ...STEP, ...step })) };
});
