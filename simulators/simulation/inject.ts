/** Makes the faults of a schedule happen. @module */
import { BackendUnavailable } from "../../backends/backend.ts";
import { MemoryDeadLetters } from "../../backends/memory/memory_dead_letters.ts";
import type { TimedFault } from "./fault.ts";
import type { SimulatedNode, World } from "./simulated_node.ts";

/** What can be harmed. */
interface Targets {
  readonly world: World;
  readonly nodes: readonly SimulatedNode[];
  /** Cuts every producer from the store. */
  readonly producers: { cut(): void; heal(): void };
}

/** Sees to it that a fault happens when it is due. Returns when, at the latest, it is over. */
export function inject(fault: TimedFault, targets: Targets): number {
  const { time } = targets.world;
  time.after(fault.at, time.world, () => perform(fault, targets));
  return fault.at + ("ms" in fault && fault.kind !== "clock_jump" ? fault.ms : 0);
}

function perform(fault: TimedFault, targets: Targets): void {
  const { world: { history, clock }, nodes } = targets;
  switch (fault.kind) {
    case "theft":
    case "expiry":
      return takeLease(fault, targets);
    case "backend_away":
      for (const end of [...nodes, targets.producers]) cutFor(fault.ms, end, targets);
      return history.effect(fault.kind, "store");
    case "redrive":
      return redrive(targets);
    case "dead_letter_unwritten":
      return failDeadLetter(targets);
    case "clock_jump":
      if (fault.node !== "store") break;
      clock.jumpedMs += fault.ms;
      return history.effect(fault.kind, "store");
    default:
      break;
  }
  harmNode(fault, nodes[fault.node as number]!, targets);
}

type NodeFault = Extract<TimedFault, { node: unknown }>;

function harmNode(fault: NodeFault, node: SimulatedNode, targets: Targets): void {
  const { world: { history, time } } = targets;
  const effect = (happened: boolean) => happened && history.effect(fault.kind, `n${fault.node}`);
  switch (fault.kind) {
    case "node_kill":
      effect(node.lives);
      return node.kill(fault.ms);
    case "node_stop":
      return void effect(node.standStill(fault.ms));
    case "node_restart":
      return void effect(node.within(() => void node.stop()));
    case "partition":
      effect(true);
      return cutFor(fault.ms, node, targets);
    case "delay":
      effect(true);
      node.delay(fault.extraMs);
      return void time.after(fault.ms, time.world, () => node.delay(0));
    case "clock_jump":
      return void effect(node.jump(fault.ms));
    default:
      // What is left waits for its moment, and tells when it came.
      return node.arm(fault);
  }
}

function cutFor(ms: number, end: { cut(): void; heal(): void }, { world: { time } }: Targets): void {
  end.cut();
  time.after(ms, time.world, () => end.heal());
}

function takeLease(fault: Extract<TimedFault, { kind: "theft" | "expiry" }>, targets: Targets): void {
  const { store, clock, history } = targets.world;
  const lease = store.leases.of(fault.processor)[fault.partition]!;
  if (fault.kind === "theft") {
    lease.owner = "thief";
    lease.epoch += 1;
    lease.isRebalancing = false;
  }
  lease.leaseUntil = clock.now() + (fault.kind === "theft" ? fault.ms : 0);
  store.leases.moved.notifyAll();
  history.effect(fault.kind, `${fault.processor} ${fault.partition}`);
}

function redrive({ world: { store, history } }: Targets): void {
  const act = { by: "simulation", why: "in hope" };
  void new MemoryDeadLetters(store).redrive({}, act).then((n) => {
    if (n > 0) history.effect("redrive", `of ${n}`);
  });
}

function failDeadLetter({ world: { store, history } }: Targets): void {
  store.faults.deadLetterWrite = () => {
    delete store.faults.deadLetterWrite;
    history.effect("dead_letter_unwritten", "store");
    throw new BackendUnavailable("simulated: the dead letter can't be written");
  };
}
