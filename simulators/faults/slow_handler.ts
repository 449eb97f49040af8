/** Handlers are slower than the load. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import { WORKERS } from "../chaos/node/chaos_runtime.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import { type Fault, simulated } from "./fault.ts";

async function orderAllWorkers({ nodes }: Testbed, act: "slow" | "fast"): Promise<void> {
  for (let worker = 0; worker < WORKERS; worker++) await nodes[0]!.order({ do: "worker", worker, act });
}

export const slowHandler: Fault = {
  does: "makes every handler slower than the events come, so that they pile up",
  testbed() {
    let healedAt = Infinity;
    /** What had piled up, where it is more than chance. */
    const backlogProof = ({ health }: Recorder, at: number) => {
      const during = health.filter((health) => health.at > at && health.at < healedAt + 500);
      const before = health.findLast((health) => health.at <= at)?.pending ?? 0;
      const most = Math.max(0, ...during.map(({ pending }) => pending));
      return most > before + 20 ? `${most} deliveries had piled up, against ${before} before` : undefined;
    };
    return {
      needs: "worker",
      async apply(testbed, signal, at) {
        const { recorder } = testbed;
        await orderAllWorkers(testbed, "slow");
        await recorder.waitUntil(() => backlogProof(recorder, at) !== undefined, 20_000, signal);
      },
      async heal(testbed) {
        await orderAllWorkers(testbed, "fast");
        healedAt = steadyNow();
      },
      tookEffect: ({ recorder }, at) => backlogProof(recorder, at),
    };
  },
  // The next batch of the node; longer than its worker may take, and the worker is found hung.
  simulation: simulated({
    chargesInnocent: true,
    draw: ({ random, nodes }) => ({ node: random.below(nodes), slowMs: 20 + random.below(900) }),
    inject: ({ node, slowMs }, { nodes }) => nodes[node]!.pending.add("slow_handler", "batch_time", slowMs),
  }),
};
