/** Faults that know the protocol: what they do to commits, the writes whose acknowledgement somebody waits for. @module */
import type { MessageFilter } from "../proxy/wire.ts";
import { type Fault, pollUntil } from "./fault.ts";

/** Does something to the first `count` commits of the node and of the producer, each. */
export function commitFault(
  about: Pick<Fault, "name" | "does">,
  count: number,
  action: "lose" | "refuse" | "fill_up",
): Fault {
  let done = 0;
  const createFilter = (): MessageFilter => {
    let left = count;
    const take = () => left > 0 && (left--, done++, true);
    return {
      request: () => action !== "lose" && take() ? action : "pass",
      reply: () => action === "lose" && take() ? "lose" : "pass",
    };
  };
  return {
    ...about,
    needs: "link",
    signs: ["backend_away"],
    // The producer's commits may be the ones that are struck.
    signsOptional: true,
    apply({ linkRules }, signal) {
      for (const rules of linkRules) rules.filter = createFilter();
      return pollUntil(() => done > 0, signal);
    },
    heal({ linkRules }) {
      for (const rules of linkRules) rules.filter = undefined;
    },
    tookEffect: () => done > 0 ? `${done} commits were struck` : undefined,
  };
}
