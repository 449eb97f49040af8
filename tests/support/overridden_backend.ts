/** A backend whose mailboxes were tampered with. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";
import type { PassFeed, PassSource } from "../../backends/mailbox/pass.ts";
import { override } from "../../backends/primitives/override.ts";

/** A backend that gives out its mailboxes with parts replaced. */
export function overrideMailboxes(
  membersOf: (mailbox: Mailbox) => Partial<Mailbox>,
): (backend: Backend) => Backend {
  return (backend) =>
    override(backend, {
      async *mailboxes(processor, signal) {
        for await (const mailbox of backend.mailboxes(processor, signal)) {
          yield override(mailbox, membersOf(mailbox));
        }
      },
    });
}

/** Passes whose feeds have parts replaced. */
export function overrideFeeds(
  passes: PassSource | undefined,
  membersOf: (feed: PassFeed, partition: number) => Partial<PassFeed>,
): PassSource | undefined {
  return passes && {
    open(partition) {
      const feed = passes.open(partition);
      return override(feed, membersOf(feed, partition));
    },
  };
}

/** A backend that settles, batches and passes, as this says. */
export function interceptSettlements(
  intercept: <T>(partition: number, settle: () => Promise<T>) => Promise<T>,
): (backend: Backend) => Backend {
  return overrideMailboxes((mailbox) => ({
    settle: (batch, settlement) => intercept(mailbox.partition, () => mailbox.settle(batch, settlement)),
    passes: overrideFeeds(mailbox.passes, (feed, partition) => ({
      commit: (settlement, signal) => intercept(partition, () => feed.commit(settlement, signal)),
    })),
  }));
}
