/** Makes the faults of a schedule happen. @module */
import { BackendUnavailable } from "../../backends/errors.ts";
import { MemoryDeadLetters } from "../../backends/memory/dead_letters.ts";
import type { TimedFault } from "./fault.ts";
import type { SimulatedNode, SimulationContext } from "./simulated_node.ts";

/** What can be harmed. */
interface FaultTargets {
  readonly context: SimulationContext;
  readonly nodes: readonly SimulatedNode[];
  /** Cuts every producer from the store. */
  readonly producers: { cut(): void; heal(): void };
}

/** Sees to it that a fault happens when it is due. Returns when, at the latest, it is over. */
export function scheduleFault(fault: TimedFault, targets: FaultTargets): number {
  const { time } = targets.context;
  time.after(fault.at, time.outside, () => applyFault(fault, targets));
  return fault.at + ("ms" in fault && fault.kind !== "clock_jump" ? fault.ms : 0);
}

function applyFault(fault: TimedFault, targets: FaultTargets): void {
  const { context: { history, clock }, nodes } = targets;
  switch (fault.kind) {
    case "theft":
    case "expiry":
      return revokeLease(fault, targets);
    case "backend_away":
      for (const end of [...nodes, targets.producers]) disconnectFor(fault.ms, end, targets);
      return history.recordEffect(fault.kind, "store");
    case "redrive":
      return redriveAll(targets);
    case "dead_letter_unwritten":
      return failDeadLetter(targets);
    case "clock_jump":
      if (fault.node !== "store") break;
      clock.jumpedMs += fault.ms;
      return history.recordEffect(fault.kind, "store");
    default:
      break;
  }
  applyToNode(fault, nodes[fault.node as number]!, targets);
}

type NodeFault = Extract<TimedFault, { node: unknown }>;

function applyToNode(fault: NodeFault, node: SimulatedNode, targets: FaultTargets): void {
  const { context: { history, time } } = targets;
  const effect = (happened: boolean) => happened && history.recordEffect(fault.kind, `n${fault.node}`);
  switch (fault.kind) {
    case "node_kill":
      effect(node.isRunning);
      return node.kill(fault.ms);
    case "node_stop":
      return void effect(node.freeze(fault.ms));
    case "node_restart":
      return void effect(node.runInProcess(() => void node.stop()));
    case "partition":
      effect(true);
      return disconnectFor(fault.ms, node, targets);
    case "delay":
      effect(true);
      node.delay(fault.extraMs);
      return void time.after(fault.ms, time.outside, () => node.delay(0));
    case "clock_jump":
      return void effect(node.jumpClock(fault.ms));
    default:
      // What is left waits for its moment, and tells when it came.
      return node.addFault(fault);
  }
}

function disconnectFor(
  ms: number,
  end: { cut(): void; heal(): void },
  { context: { time } }: FaultTargets,
): void {
  end.cut();
  time.after(ms, time.outside, () => end.heal());
}

function revokeLease(fault: Extract<TimedFault, { kind: "theft" | "expiry" }>, targets: FaultTargets): void {
  const { store, clock, history } = targets.context;
  const lease = store.leases.of(fault.processor)[fault.partition]!;
  if (fault.kind === "theft") {
    lease.owner = "thief";
    lease.epoch += 1;
  }
  lease.leaseUntil = clock.now() + (fault.kind === "theft" ? fault.ms : 0);
  store.leases.notifyOthers("thief");
  history.recordEffect(fault.kind, `${fault.processor} ${fault.partition}`);
}

function redriveAll({ context: { store, history } }: FaultTargets): void {
  const act = { by: "simulation", why: "in hope" };
  void new MemoryDeadLetters(store).redrive({}, act).then((n) => {
    if (n > 0) history.recordEffect("redrive", `of ${n}`);
  });
}

function failDeadLetter({ context: { store, history } }: FaultTargets): void {
  store.faults.deadLetterWrite = () => {
    delete store.faults.deadLetterWrite;
    history.recordEffect("dead_letter_unwritten", "store");
    throw new BackendUnavailable("simulated: the dead letter can't be written");
  };
}
