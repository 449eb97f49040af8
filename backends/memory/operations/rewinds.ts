/** Rewinding processors of a memory store. @module */
import type { OperatorAction } from "../../dead_letters.ts";
import { rewindEntry, type RewindProgress, type RewindResult, type Rewinds } from "../../rewinds.ts";
import type { EventLog } from "../event_log.ts";
import type { Subscription } from "../lease_table.ts";
import type { MemoryStore } from "../memory_store.ts";

export class MemoryRewinds implements Rewinds {
  constructor(readonly store: MemoryStore) {}

  rewind(processor: string, position: number, act: OperatorAction): Promise<RewindResult> {
    const { leases, clock, trail, log } = this.store;
    const all = this.#of(processor);
    const deliveries = all.flatMap(({ parked }) => [...parked.values()].flat())
      .filter((waiting) => waiting.position >= position).length;
    if (deliveries > 0) return Promise.resolve({ kind: "waiting", deliveries });
    const partitions = all.filter((each) => rewindOne(each, position, log)).map((each) => each.partition);
    for (const partition of partitions) leases.whole[partition]!.owner = null;
    trail.push({ at: new Date(clock.now()).toISOString(), ...rewindEntry(processor, position, act) });
    for (const listener of [...leases.listeners]) listener.notify();
    return Promise.resolve({ kind: "rewound", partitions: partitions.length });
  }

  progress(processor: string): Promise<readonly RewindProgress[]> {
    return Promise.resolve(
      this.#of(processor).map((each): RewindProgress => {
        const { partition, checkpoint, redeliversTo, differences } = each;
        return { partition, checkpoint, redeliversTo, differences };
      }),
    );
  }

  #of(processor: string): Subscription[] {
    return this.store.leases.all().filter((each) => each.processor === processor);
  }
}

/**
 * False where it has done nothing from there on. It looks as if its owner had died: the next one lets it work alone until it has
 * caught up.
 */
function rewindOne(subscription: Subscription, position: number, log: EventLog): boolean {
  const { checkpoint, takes, partition, redeliversTo } = subscription;
  const done = log.slices[partition]!.findLast((entry) =>
    entry.position <= checkpoint && takes.has(entry.type)
  );
  const last = Math.max(done?.position ?? 0, checkpoint < redeliversTo ? redeliversTo : 0);
  if (last < position || checkpoint < position) return false;
  subscription.checkpoint = position - 1;
  subscription.redeliversTo = last;
  subscription.differences = 0;
  subscription.epoch++;
  subscription.owner ??= "rewind";
  subscription.leaseUntil = null;
  subscription.inFlight = null;
  return true;
}
