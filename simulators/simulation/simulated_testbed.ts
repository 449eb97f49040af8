/** The testbed of a simulation: what its nodes share, and what faults can do to it. @module */
import type { Backend } from "../../backends/backend.ts";
import { nextEra } from "../../backends/mailbox/lease_epoch.ts";
import type { LeaseTable, Subscription } from "../../backends/memory/lease_table.ts";
import type { PauseTarget } from "../../backends/pauses.ts";
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
  const { leases } = store;
  const subscriptionOf = (processor: string, partition: number) => leases.of(processor)[partition]!;
  const expireLease = (processor: string, partition: number, ms = 0) => {
    leases.leaseOf(subscriptionOf(processor, partition)).leaseUntil = storeClock.now() + ms;
    leases.notifyOthers("rogue");
  };
  return {
    ...{ ...context, nodes, producers, expireLease },
    disconnectFor(ms: number, end: Disconnectable): void {
      end.cut();
      time.after(ms, time.outside, () => end.heal());
    },
    /**
     * Gives the lease under which a processor runs, with all that it hosts, to an owner that does nothing with it; false when none
     * holds it.
     */
    stealLease(processor: string, partition: number, ms: number): boolean {
      const subscription = subscriptionOf(processor, partition);
      if (subscription.owner === null) return false;
      for (const { processor, epoch } of giveTo("rogue", subscription, leases)) {
        const acquired = { kind: "lease_acquired", processor, partition, epoch, at: time.now } as const;
        void reporterOf(context, "rogue")(acquired);
      }
      expireLease(processor, partition, ms);
      return true;
    },
    /** Pauses, and resumes after a time, as an operator does; false where it is paused already. */
    async pauseFor(target: PauseTarget, ms: number): Promise<boolean> {
      const isNew = await reader.pauses.pause(target, { by: "simulation", why: "paused" });
      const resume = () => void reader.pauses.resume(target, { by: "simulation", why: "resumed" });
      if (isNew) time.after(ms, time.outside, resume);
      return isNew;
    },
    /** Redrives every dead letter, as an operator does; returns how many. */
    async redriveAll(): Promise<number> {
      const letters = await reader.deadLetters.list({ limit: 10_000 });
      recorder.redriven.push(...letters.map(({ processor, event }) => `${processor}/${event.position}`));
      return await reader.deadLetters.redrive({ limit: 10_000 }, { by: "simulation", why: "redriven" });
    },
  };
}

/** Everything that runs under the lease of a processor belongs to another owner, under a new epoch; returns it. */
function giveTo(owner: string, subscription: Subscription, leases: LeaseTable): Subscription[] {
  const lease = leases.leaseOf(subscription);
  const isAlone = lease === subscription;
  const epoch = isAlone ? lease.epoch + 1 : nextEra(lease.epoch);
  const hosted = leases.all().filter((each) => leases.leaseOf(each) === lease);
  for (const each of [lease, ...hosted]) Object.assign(each, { owner, epoch });
  return hosted;
}
