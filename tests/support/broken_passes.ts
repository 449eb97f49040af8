/** Mechanisms of passes, each taken out: the simulation must notice every one of them. @module */
import type { PassFeed } from "../../backends/mailbox/pass.ts";
import { override } from "../../backends/primitives/override.ts";
import type { Mutation } from "../../simulators/simulation/simulation_context.ts";
import type { BrokenMechanism } from "./broken_mechanisms.ts";
import { overrideFeeds, overrideMailboxes } from "./overridden_backend.ts";

function withFeeds(filter: (feed: PassFeed) => Partial<PassFeed>): Mutation {
  return { backend: overrideMailboxes(({ passes }) => ({ passes: overrideFeeds(passes, filter) })) };
}

/** Every pass is settled under the present epochs. */
const noFence: Mutation = {
  store: (store) =>
    override(store, {
      settlePass: (members, _epochs, settlement) =>
        store.settlePass(members, members.map(({ epoch }) => epoch), settlement),
    }),
};

/** A checkpoint moves behind what a pass made, whatever else was there. */
const notCaughtUp: Mutation = {
  store: (store) =>
    override(store, {
      settlePass(members, epochs, settlement) {
        const blind = members.map((member) => ({ ...member, takes: new Set<string>() }));
        const status = store.settlePass(blind, epochs, settlement);
        blind.forEach(({ checkpoint, settledAt }, i) =>
          Object.assign(members[i]!, { checkpoint, settledAt })
        );
        return status;
      },
    }),
};

export const brokenPasses: readonly BrokenMechanism[] = [
  { name: "passes without a fence", breaks: "I5", mutation: noFence },
  { name: "passes that step over what was not read", breaks: "I1", mutation: notCaughtUp },
  {
    name: "passes that are never left for what is due",
    breaks: "I1",
    mutation: withFeeds((feed) => ({
      async fetch(signal) {
        const fetched = await feed.fetch(signal);
        return fetched.kind === "plain" ? { ...fetched, kind: "empty" } : fetched;
      },
    })),
  },
  {
    name: "states of passes that were not stored",
    breaks: "I3",
    mutation: withFeeds((feed) => ({
      async commit(settlement, signal) {
        const status = await feed.commit(settlement, signal);
        return status === "behind" ? "already" : status;
      },
    })),
  },
];
