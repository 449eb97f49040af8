/** Events that no try can save. @module */
import { steadyNow } from "../chaos/control.ts";
import type { Act } from "../chaos/misbehaviour.ts";
import { type Fault, nothingToHeal } from "./fault.ts";

/** Each in a case of its own, with events of the case behind it. */
const ACTS: readonly Act[] = ["throw", "kill_worker", "spin"];
const BEHIND = 2;

export function poisonMessage(): Fault {
  let at = Infinity;
  const ids: string[] = [];
  return {
    name: "poison_message",
    does: "sends events whose handler throws, ends its worker or never returns, however often it is tried",
    needs: "worker",
    shownBy: ["retry", "worker_restart"],
    isInstant: true,
    async apply({ producer, recorder }, signal) {
      at = steadyNow();
      for (const act of ACTS) ids.push(producer.misbehave({ processor: "follow_up", act }, BEHIND).id);
      const seen = () =>
        recorder.since(at, "retry").filter(({ ids: { eventId } }) => ids.includes(`${eventId}`));
      await recorder.until(() => seen().length >= ACTS.length, 10_000, signal);
    },
    heal: nothingToHeal,
    tookEffect({ recorder }) {
      const tried = new Set(recorder.since(at, "retry").map(({ ids: { eventId } }) => eventId));
      return ids.every((id) => tried.has(id))
        ? `${ids.length} events failed and were tried again`
        : undefined;
    },
  };
}
