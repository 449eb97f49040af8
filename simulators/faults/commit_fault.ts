/** Faults that know the protocol and strike commits, the writes whose acknowledgement is waited for. @module */
import type { MessageFilter } from "../proxy/wire.ts";
import { pollUntil, type TestbedFault } from "./fault.ts";

/** Strikes the first `count` commits of the node and of the producer, each. */
export function commitFault(action: "lose" | "refuse" | "fill_up", count: number): TestbedFault {
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
