/** A worker spins where no watchdog stops it. @module */
import { WORKERS } from "../chaos/node/chaos_runtime.ts";
import { drawDelivery, type Fault, simulated } from "./fault.ts";

export const workerHang: Fault = {
  does: "makes a worker thread spin for ever in a loop that neither the watchdog nor terminate() ends",
  testbed: () => ({
    needs: "process",
    signs: ["worker_restart"],
    isInstant: true,
    affects: (partition) => partition % WORKERS === 0,
    async apply({ nodes, recorder }, signal, at) {
      // It never answers again, so the order is not awaited.
      void nodes[0]!.order({ do: "worker", worker: 0, act: "hang" });
      await recorder.waitUntil(() => recorder.observedSince(at, "worker_restart").length > 0, 15_000, signal);
    },
    tookEffect({ recorder }, at) {
      const hung = recorder.observedSince(at, "worker_restart").find(({ ids }) => ids.exit === "hung");
      // Only where its thread spins on, the process has to end for it.
      const recycled = recorder.observedSince(at, "node_start").length > 0;
      return hung && `the worker was found hung${recycled ? ", and its process was begun anew" : ""}`;
    },
  }),
  simulation: simulated({
    chargesInnocent: true,
    draw: drawDelivery,
    inject: ({ node, delivery }, { nodes }) =>
      nodes[node]!.pending.add("worker_hang", "batch", { exit: "hang_worker", delivery }),
  }),
};
