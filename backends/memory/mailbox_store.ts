/** The mailboxes of a memory store: reads from the checkpoint, settles under an epoch. @module */
import type { Batch } from "../mailbox/batch.ts";
import type { BatchLimits } from "../mailbox/batch_size.ts";
import type { HistoryNeed, InFlightMark, Settlement } from "../mailbox/mailbox.ts";
import type {
  FetchResult,
  MailboxOwner,
  MailboxStore,
  MailboxSubscriber,
  SettleStatus,
} from "../mailbox/mailbox_store.ts";
import type { PassFetched, PassStore } from "../mailbox/pass.ts";
import { nextBatch } from "./batch_reader.ts";
import { nextPass, nothing, settlePass } from "./pass.ts";
import { entryLineOf } from "./event_log.ts";
import type { Subscription } from "./lease_table.ts";
import type { MemoryStore } from "./memory_store.ts";

export class MemoryMailboxStore implements MailboxStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  fetch(owner: MailboxOwner, limits: BatchLimits): Promise<FetchResult> {
    const { log, clock } = this.#store;
    const subscription = this.#subscriptionOf(owner);
    const isFenced = subscription.epoch !== owner.epoch;
    return Promise.resolve(isFenced ? { kind: "fenced" } : nextBatch(subscription, log, clock.now(), limits));
  }

  commit(owner: MailboxOwner, batch: Batch, settlement: Settlement): Promise<SettleStatus> {
    return Promise.try(() => this.#store.settle(this.#subscriptionOf(owner), owner.epoch, batch, settlement));
  }

  markInFlight(owner: MailboxOwner, mark: InFlightMark): Promise<"marked" | "fenced"> {
    const subscription = this.#subscriptionOf(owner);
    if (subscription.epoch !== owner.epoch) return Promise.resolve("fenced");
    subscription.inFlight = mark;
    return Promise.resolve("marked");
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    const lines = needs.flatMap(({ caseId, after, before }) =>
      (this.#store.log.cases.get(caseId) ?? []).slice(after, before - 1)
        .filter(({ type }) => types.includes(type))
        .map((entry) => entryLineOf(entry, 1, false))
    );
    return Promise.resolve(lines.join("\n"));
  }

  subscribe(subscriber: MailboxSubscriber): void {
    this.#store.arrived[subscriber.partition]!.add(subscriber);
  }

  unsubscribe(subscriber: MailboxSubscriber): void {
    this.#store.arrived[subscriber.partition]!.delete(subscriber);
  }

  readonly passes: PassStore = {
    fetchPass: (owners, limits) => Promise.try(() => this.#fetchPass(owners, limits)),
    commitPass: (owners, settlement) =>
      Promise.try(() => {
        const { epochs, subscriptions } = this.#held(owners);
        return settlePass(this.#store, subscriptions, epochs, settlement);
      }),
  };

  #fetchPass(owners: readonly MailboxOwner[], limits: BatchLimits): PassFetched {
    const { epochs, subscriptions } = this.#held(owners);
    if (subscriptions.some(({ epoch }, i) => epoch !== epochs[i])) return nothing("fenced");
    return nextPass(subscriptions, this.#store.log, this.#store.clock.now(), limits);
  }

  #held(owners: readonly MailboxOwner[]) {
    return {
      epochs: owners.map(({ epoch }) => epoch),
      subscriptions: owners.map((owner) => this.#subscriptionOf(owner)),
    };
  }

  #subscriptionOf({ processor, partition }: MailboxOwner): Subscription {
    return this.#store.leases.of(processor)[partition]!;
  }
}
