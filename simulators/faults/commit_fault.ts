/** Faults that know the protocol: what they do to commits, the writes whose acknowledgement somebody waits for. @module */
import type { Tamper } from "../proxy/wire.ts";
import { type Fault, untilSeen } from "./fault.ts";

/** Does something to the first `count` commits of the node and of the producer, each. */
export function commitFault(
  about: Pick<Fault, "name" | "does">,
  count: number,
  act: "lose" | "refuse" | "fill_up",
): Fault {
  let done = 0;
  const tamper = (): Tamper => {
    let left = count;
    const take = () => left > 0 && (left--, done++, true);
    return {
      request: () => act !== "lose" && take() ? act : "pass",
      reply: () => act === "lose" && take() ? "lose" : "pass",
    };
  };
  return {
    ...about,
    needs: "link",
    shownBy: ["backend_away"],
    // The producer's commits may be the ones that are struck.
    maybeSilent: true,
    apply({ conducts }, signal) {
      for (const conduct of conducts) conduct.tamper = tamper();
      return untilSeen(() => done > 0, signal);
    },
    heal({ conducts }) {
      for (const conduct of conducts) conduct.tamper = undefined;
    },
    tookEffect: () => done > 0 ? `${done} commits were struck` : undefined,
  };
}
