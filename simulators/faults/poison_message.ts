/** Events that no attempt can save. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import type { ScriptedFailure } from "../chaos/node/fault_hooks.ts";
import { poisonActs } from "../simulation/simulated_cases.ts";
import { drawMark, type Fault, noHealing, pick, simulated, type TestbedFault } from "./fault.ts";

/** In the testbed, each in a case of its own, with events of the case behind it. */
const ACTS: readonly ScriptedFailure[] = ["throw", "kill_worker", "spin"];
const BEHIND = 2;
/** And some that come when it is dead: they have to wait behind it. */
const LATER = 2;

export const poisonMessage: Fault = {
  name: "poison_message",
  does: "sends events whose handler throws, ends its worker or never returns, however often it is tried",
  testbed: testbedFault,
  // Until the operator repairs it: an intake, or what follows from it.
  simulation: simulated({
    loadWeight: 5,
    draw: (space) => ({ ...drawMark(space), act: pick(space.random, poisonActs) }),
    inject: (mark, { producers }) => producers.mark({ ...mark, fault: "poison_message" }),
  }),
};

function testbedFault(): TestbedFault {
  let at = Infinity;
  const ids: string[] = [];
  return {
    needs: "worker",
    signs: ["retry", "worker_restart"],
    isInstant: true,
    async apply({ producer, recorder }, signal) {
      at = steadyNow();
      await Promise.all(ACTS.map(async (act) => {
        const { id, later } = producer.appendScripted({ processor: "follow_up", act }, BEHIND, LATER);
        ids.push(id);
        const isDead = () =>
          recorder.observedSince(at, "dead_letter").some(({ ids: { eventId } }) => eventId === id);
        await recorder.waitUntil(isDead, 20_000, signal);
        producer.append(later);
      }));
    },
    heal: noHealing,
    tookEffect({ recorder }) {
      const tried = new Set(recorder.observedSince(at, "retry").map(({ ids: { eventId } }) => eventId));
      return ids.every((id) => tried.has(id))
        ? `${ids.length} events failed and were tried again`
        : undefined;
    },
  };
}
