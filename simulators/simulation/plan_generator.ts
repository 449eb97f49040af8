/** Draws a schedule of faults from a seed. @module */
import { Random } from "../cases/random.ts";
import {
  type PoisonFault,
  processorNames,
  type SimulatedFailure,
  type SimulatedFault,
  type SimulationPlan,
  type TimedFault,
} from "./fault.ts";

type TimedKind = TimedFault["kind"];

const failures: readonly SimulatedFailure[] = ["throw", "flaky", "reject", "kill", "hang", "kill_node"];

/** Faults that charge an attempt to an innocent delivery: fewer of them than attempts, so that none becomes a dead letter. */
const condemningKinds: readonly TimedKind[] = ["crash", "hang", "slow", "nonsense", "node_kill"];
const MAX_CONDEMNING = 3;

/** Most schedules have a few faults of a few kinds, and some have many of many. */
const FEW = { faults: 7, kinds: 4 };
const MANY = { faults: 40, kinds: 12 };
const MANY_SHARE = 0.05;

/** What a drawn fault may refer to. */
interface DrawContext {
  readonly random: Random;
  readonly nodes: number;
  readonly partitions: number;
  readonly loadMs: number;
}

/** The schedule of a seed: the same one at every call. */
export function drawSchedule(seed: number): SimulationPlan {
  const random = new Random(seed, "schedule");
  const nodes = 1 + random.below(3);
  const partitions = 1 + random.below(3);
  const loadMs = 200 + random.below(1_500);
  const cases = Object.fromEntries(
    Array.from({ length: 2 + random.below(4) }, (_, i) => [`case-${i}`, 1 + random.below(5)]),
  );
  return {
    seed,
    nodes,
    workers: 1 + random.below(2),
    partitions,
    prefetch: 1 + random.below(3),
    batchSize: 1 + random.below(6),
    batchBytes: 700 + random.below(4_000),
    leaseMs: 300 + random.below(1_200),
    cases,
    loadMs,
    faults: [...drawPoison(random, cases), ...drawTimed({ random, nodes, partitions, loadMs })],
  };
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

/** None, or a few, each at another delivery. */
function drawPoison(random: Random, cases: SimulationPlan["cases"]): PoisonFault[] {
  const found = new Map<string, PoisonFault>();
  for (let left = random.below(3); left > 0; left--) {
    const [caseId, intakes] = pick(random, Object.entries(cases));
    const [n, processor] = [1 + random.below(intakes), pick(random, processorNames)];
    found.set(`${caseId}/${n}`, { kind: "poison", caseId, n, processor, act: pick(random, failures) });
  }
  return [...found.values()];
}

/** Some kinds a schedule, so that some schedules have much of one thing. */
function drawTimed(context: DrawContext): SimulatedFault[] {
  const { random } = context;
  const most = random.chance(MANY_SHARE) ? MANY : FEW;
  const kinds = Array.from({ length: 1 + random.below(most.kinds) }, () => pick(random, timedKinds));
  const faults: SimulatedFault[] = [];
  let condemning = 0;
  for (let left = random.below(most.faults + 1); left > 0; left--) {
    const kind = pick(random, kinds);
    if (condemningKinds.includes(kind) && ++condemning > MAX_CONDEMNING) continue;
    faults.push(drawFault(kind, context));
  }
  return faults.sort((a, b) => ("at" in a ? a.at : 0) - ("at" in b ? b.at : 0));
}

const draw: {
  [K in TimedKind]: (context: DrawContext) => Omit<Extract<TimedFault, { kind: K }>, "at" | "kind">;
} = {
  crash: aDelivery,
  hang: aDelivery,
  start_failure: ({ random, nodes }) => ({
    node: random.below(nodes),
    how: pick(random, ["throws", "error", "silent"] as const),
  }),
  slow: ({ random, nodes }) => ({ node: random.below(nodes), ms: 20 + random.below(900) }),
  grown: aNode,
  nonsense: aNode,
  theft: ({ random, partitions }) => ({ ...aLease(random, partitions), ms: 20 + random.below(800) }),
  expiry: ({ random, partitions }) => aLease(random, partitions),
  node_kill: aNodeForAWhile,
  node_stop: aNodeForAWhile,
  node_restart: aNodeForAWhile,
  partition: aNodeForAWhile,
  backend_away: ({ random }) => ({ ms: 20 + random.below(1_500) }),
  lost_request: aNode,
  lost_reply: aNode,
  duplicate: aNode,
  delay: (context) => ({ ...aNodeForAWhile(context), extraMs: 5 + context.random.below(200) }),
  clock_jump: ({ random, nodes }) => ({
    node: random.chance(0.5) ? "store" : random.below(nodes),
    ms: (random.chance(0.3) ? -1 : 1) * random.below(5_000),
  }),
  redrive: () => ({}),
  dead_letter_unwritten: () => ({}),
};

const timedKinds = Object.keys(draw) as TimedKind[];

function drawFault(kind: TimedKind, context: DrawContext): TimedFault {
  const at = context.random.below(Math.ceil(context.loadMs * 1.3));
  return { kind, at, ...draw[kind](context) } as TimedFault;
}

function aNode({ random, nodes }: DrawContext) {
  return { node: random.below(nodes) };
}

function aNodeForAWhile({ random, nodes }: DrawContext) {
  return { node: random.below(nodes), ms: 10 + random.below(2_500) };
}

function aDelivery({ random, nodes }: DrawContext) {
  return { node: random.below(nodes), delivery: random.below(5) };
}

function aLease(random: Random, partitions: number) {
  return { processor: pick(random, processorNames), partition: random.below(partitions) };
}
