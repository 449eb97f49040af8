/** Two nodes that believe to be the same one. @module */
import type { ChaosNode } from "../chaos/chaos_node.ts";
import { steadyNow } from "../chaos/control.ts";
import type { Fault } from "./fault.ts";

export function twoNodesRacing(): Fault {
  let at = Infinity;
  let rival: ChaosNode | undefined;
  let lives = 0;
  return {
    name: "two_nodes_racing",
    does: "starts a second node under the name of the first: each takes the leases for its own",
    needs: "store",
    shownBy: ["fenced", "takeover", "node_start"],
    async apply({ nodes, addNode, recorder }, signal) {
      at = steadyNow();
      rival = await addNode(nodes[0]!.name);
      await recorder.until(() => racing(recorder.won) > 1, 10_000, signal);
    },
    async heal({ recorder }) {
      lives = racing(recorder.won);
      await rival?.stop();
    },
    tookEffect: () => lives > 1 ? `${lives} processes won mailboxes under one name` : undefined,
  };

  function racing(won: readonly { readonly life: string; readonly at: number }[]): number {
    return new Set(won.filter((each) => each.at > at).map(({ life }) => life)).size;
  }
}
