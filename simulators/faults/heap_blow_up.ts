/** A worker fills its heap until the whole process dies of it. @module */
import { steadyNow } from "../chaos/control.ts";
import { WORKERS } from "../chaos/node_core.ts";
import { type Fault, nothingToHeal } from "./fault.ts";

export function heapBlowUp(): Fault {
  let at = Infinity;
  return {
    name: "heap_blow_up",
    does: "fills the heap of a worker thread within one message until V8 aborts the process",
    needs: "process",
    shownBy: ["node_restart"],
    isInstant: true,
    async apply({ nodes, recorder }, signal) {
      at = steadyNow();
      recorder.killed.push(nodes[0]!.name);
      // One may be about to be replaced; the first that fills its heap takes all with it.
      for (let worker = 0; worker < WORKERS; worker++) {
        void nodes[0]!.order({ do: "worker", worker, act: "fill_heap" });
      }
      await recorder.until(() => recorder.since(at, "node_start").length > 0, 20_000, signal);
    },
    heal: nothingToHeal,
    tookEffect({ recorder }) {
      const why = recorder.since(at, "node_restart")[0]?.ids.why;
      // A node that asks for its end, because it found the worker hung, ends with an exit code.
      return `${why}`.startsWith("by SIG")
        ? `the process died of it, ${why}, and was started again`
        : undefined;
    },
  };
}
