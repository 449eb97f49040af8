/** Events that no attempt can save. @module */
import type { ScriptedFailure } from "../chaos/node/fault_hooks.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { RuntimeEventKind } from "../proof/history.ts";
import { poisonActs } from "../simulation/simulated_cases.ts";
import { drawMark, type Fault, pick, simulated } from "./fault.ts";

const ACTS: readonly ScriptedFailure[] = ["throw", "kill_worker", "spin"];

/** Events of the case that come with the failing one, and that come once it is parked or dead. */
const BEHIND = 2;
const LATER = 2;

/** Sends a case whose first payment fails, and the rest of it once the runtime has shown that; returns its id. */
export async function sendFailing(
  { producer, recorder }: Testbed,
  act: ScriptedFailure,
  until: RuntimeEventKind,
  signal: AbortSignal,
): Promise<string> {
  const { id, later } = producer.appendScripted({ processor: "follow_up", act }, BEHIND, LATER);
  const isShown = () => recorder.observed.some(({ what, ids }) => what === until && ids.eventId === id);
  await recorder.waitUntil(isShown, 20_000, signal);
  producer.append(later);
  return id;
}

export const poisonMessage: Fault = {
  does: "sends events whose handler throws, ends its worker or never returns, however often it is tried",
  testbed() {
    let ids: readonly string[] = [];
    return {
      needs: "worker",
      signs: ["retry", "worker_restart"],
      isInstant: true,
      async apply(testbed, signal) {
        ids = await Promise.all(ACTS.map((act) => sendFailing(testbed, act, "dead_letter", signal)));
      },
      tookEffect({ recorder }, at) {
        const tried = new Set(recorder.observedSince(at, "retry").map(({ ids: { eventId } }) => eventId));
        return ids.every((id) => tried.has(id))
          ? `${ids.length} events failed and were tried again`
          : undefined;
      },
    };
  },
  // Until the operator repairs it: an intake, or what follows from it.
  simulation: simulated({
    loadWeight: 5,
    draw: (space) => ({ ...drawMark(space), act: pick(space.random, poisonActs) }),
    inject: (mark, { producers }) => producers.mark({ ...mark, fault: "poison_message" }),
  }),
};
