/** Events that fail at first, with others of their case behind them. @module */
import { steadyNow } from "../chaos/control.ts";
import { type Fault, nothingToHeal } from "./fault.ts";

const CASES = 10;
const BEHIND = 4;

export function failingHandler(): Fault {
  let at = Infinity;
  const ids: string[] = [];
  return {
    name: "failing_handler",
    does: "sends events whose handler fails twice before it succeeds, while later events of their cases wait",
    needs: "worker",
    shownBy: ["retry"],
    isInstant: true,
    async apply({ producer, recorder }, signal) {
      at = steadyNow();
      for (let i = 0; i < CASES; i++) {
        ids.push(producer.misbehave({ processor: "follow_up", act: "fail_twice" }, BEHIND));
      }
      await recorder.until(() => recorder.since(at, "retry").length >= CASES, 10_000, signal);
    },
    heal: nothingToHeal,
    tookEffect({ recorder }) {
      const failed = recorder.since(at, "retry").filter(({ ids: { eventId } }) => ids.includes(`${eventId}`));
      return failed.length >= CASES ? `${failed.length} tries failed, of ${CASES} cases` : undefined;
    },
  };
}
