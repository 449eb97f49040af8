/** Events that fail at first, with others of their case behind them. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import { drawMark, type Fault, noHealing, simulated, type TestbedFault } from "./fault.ts";

const CASES = 10;
/** Events of the case that come with it, and that come while it is parked. */
const BEHIND = 2;
const LATER = 2;

export const failingHandler: Fault = {
  name: "failing_handler",
  does: "sends events whose handler fails twice before it succeeds, while later events of their cases wait",
  testbed: testbedFault,
  // At the first attempt.
  simulation: simulated({
    loadWeight: 1,
    draw: drawMark,
    inject: (mark, { producers }) => producers.mark({ ...mark, act: "fail_once", fault: "failing_handler" }),
  }),
};

function testbedFault(): TestbedFault {
  let at = Infinity;
  const ids: string[] = [];
  return {
    needs: "worker",
    signs: ["retry"],
    isInstant: true,
    async apply({ producer, recorder }, signal) {
      at = steadyNow();
      await Promise.all(Array.from({ length: CASES }, async () => {
        const { id, later } = producer.appendScripted(
          { processor: "follow_up", act: "fail_twice" },
          BEHIND,
          LATER,
        );
        ids.push(id);
        const isParked = () =>
          recorder.observedSince(at, "retry").some(({ ids: { eventId } }) => eventId === id);
        await recorder.waitUntil(isParked, 10_000, signal);
        producer.append(later);
      }));
    },
    heal: noHealing,
    tookEffect({ recorder }) {
      const failed = recorder.observedSince(at, "retry").filter(({ ids: { eventId } }) =>
        ids.includes(`${eventId}`)
      );
      return failed.length >= CASES ? `${failed.length} tries failed, of ${CASES} cases` : undefined;
    },
  };
}
