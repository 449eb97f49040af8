/** Events that fail at first, with others of their case behind them. @module */
import { drawMark, type Fault, simulated } from "./fault.ts";
import { sendFailing } from "./poison_message.ts";

const CASES = 10;

export const failingHandler: Fault = {
  does: "sends events whose handler fails twice before it succeeds, while later events of their cases wait",
  testbed() {
    let ids: readonly string[] = [];
    return {
      needs: "worker",
      signs: ["retry"],
      isInstant: true,
      async apply(testbed, signal) {
        const send = () => sendFailing(testbed, "fail_twice", "retry", signal);
        ids = await Promise.all(Array.from({ length: CASES }, send));
      },
      tookEffect({ recorder }, at) {
        const failed = recorder.observedSince(at, "retry").filter(({ ids: { eventId } }) =>
          ids.includes(`${eventId}`)
        );
        return failed.length >= CASES ? `${failed.length} tries failed, of ${CASES} cases` : undefined;
      },
    };
  },
  // At the first attempt.
  simulation: simulated({
    loadWeight: 1,
    draw: drawMark,
    inject: (mark, { producers }) => producers.mark({ ...mark, act: "fail_once", fault: "failing_handler" }),
  }),
};
