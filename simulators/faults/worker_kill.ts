/** A worker ends outside any handler. @module */
import { WORKERS } from "../chaos/node/chaos_runtime.ts";
import { drawDelivery, type Fault, pollUntil, simulated } from "./fault.ts";

export const workerKill: Fault = {
  does: "ends a worker thread by an error outside any handler, with batches in its hands",
  testbed() {
    let struck = 0;
    return {
      needs: "worker",
      signs: ["worker_restart"],
      isInstant: true,
      affects: (partition) => partition % WORKERS === struck,
      async apply({ nodes, recorder }, signal, at) {
        // The last ones may not have been replaced yet.
        await pollUntil(
          async () => await nodes[0]!.order({ do: "worker", worker: 0, act: "throw" }) > 0,
          signal,
        );
        await recorder.waitUntil(
          () => recorder.observedSince(at, "worker_restart").length > 0,
          15_000,
          signal,
        );
        // Workers are listed in the order in which they were started, whatever their number.
        struck = Number(recorder.observedSince(at, "worker_restart")[0]?.ids.worker ?? 0);
      },
      tookEffect({ recorder }, at) {
        const ended = recorder.observedSince(at, "worker_restart")[0];
        return ended && `worker ${ended.ids.worker} ended (${ended.ids.exit})`;
      },
    };
  },
  simulation: simulated({
    chargesInnocent: true,
    draw: drawDelivery,
    inject: ({ node, delivery }, { nodes }) =>
      nodes[node]!.pending.add("worker_kill", "batch", { exit: "kill_worker", delivery }),
  }),
};
