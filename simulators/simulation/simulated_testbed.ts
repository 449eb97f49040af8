/** The testbed of a simulation: what its nodes share, and what faults can do to it. @module */
import type { Backend } from "../../backends/backend.ts";
import { reporterOf, type SimulationContext } from "./simulation_context.ts";
import type { Producers } from "./producers.ts";
import type { SimulatedNode } from "./simulated_node.ts";

interface Disconnectable {
  cut(): void;
  heal(): void;
}

/** What a simulated fault strikes. */
export type SimulatedTestbed = ReturnType<typeof createSimulatedTestbed>;

/** The testbed; `reader` reads the store past all networks. */
export function createSimulatedTestbed(
  context: SimulationContext,
  nodes: readonly SimulatedNode[],
  producers: Producers,
  reader: Backend,
) {
  const { time, store, storeClock, recorder } = context;
  const leaseOf = (processor: string, partition: number) => store.leases.of(processor)[partition]!;
  const expireLease = (processor: string, partition: number, ms = 0) => {
    leaseOf(processor, partition).leaseUntil = storeClock.now() + ms;
    store.leases.notifyOthers("rogue");
  };
  return {
    ...{ ...context, nodes, producers, expireLease },
    disconnectFor(ms: number, end: Disconnectable): void {
      end.cut();
      time.after(ms, time.outside, () => end.heal());
    },
    /** Gives a lease that is held to an owner that does nothing with it; false when none holds it. */
    stealLease(processor: string, partition: number, ms: number): boolean {
      const lease = leaseOf(processor, partition);
      if (lease.owner === null) return false;
      Object.assign(lease, { owner: "rogue", epoch: lease.epoch + 1 });
      const { epoch } = lease;
      const acquired = { kind: "lease_acquired", processor, partition, epoch, at: time.now } as const;
      void reporterOf(context, "rogue")(acquired);
      expireLease(processor, partition, ms);
      return true;
    },
    /** Redrives every dead letter, as an operator does; returns how many. */
    async redriveAll(): Promise<number> {
      const letters = await reader.deadLetters.list({ limit: 10_000 });
      recorder.redriven.push(...letters.map(({ processor, event }) => `${processor}/${event.position}`));
      return await reader.deadLetters.redrive({ limit: 10_000 }, { by: "simulation", why: "redriven" });
    },
  };
}
