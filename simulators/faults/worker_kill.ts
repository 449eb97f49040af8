/** A worker ends outside any handler. @module */
import { steadyNow } from "../chaos/control.ts";
import { WORKERS } from "../chaos/node_core.ts";
import { type Fault, nothingToHeal, untilSeen } from "./fault.ts";

export function workerKill(): Fault {
  let at = Infinity;
  let struck = 0;
  return {
    name: "worker_kill",
    does: "ends a worker thread by an error outside any handler, with batches in its hands",
    needs: "worker",
    shownBy: ["worker_restart"],
    isInstant: true,
    strikes: (partition) => partition % WORKERS === struck,
    async apply({ nodes, recorder }, signal) {
      at = steadyNow();
      // The last ones may not have been replaced yet.
      await untilSeen(
        async () => await nodes[0]!.order({ do: "worker", worker: 0, act: "throw" }) > 0,
        signal,
      );
      await recorder.until(() => recorder.since(at, "worker_restart").length > 0, 15_000, signal);
      // Whoever was replaced before is the newest one.
      struck = Number(recorder.since(at, "worker_restart")[0]?.ids.worker ?? 0);
    },
    heal: nothingToHeal,
    tookEffect({ recorder }) {
      const ended = recorder.since(at, "worker_restart")[0];
      return ended && `worker ${ended.ids.worker} ended (${ended.ids.exit})`;
    },
  };
}
