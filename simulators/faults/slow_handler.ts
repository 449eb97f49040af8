/** Handlers are slower than the load. @module */
import { steadyNow } from "../chaos/node/control_protocol.ts";
import { WORKERS } from "../chaos/node/chaos_runtime.ts";
import type { Recorder } from "../proof/recorder.ts";
import type { Testbed } from "../chaos/testbed/testbed.ts";
import type { Fault } from "./fault.ts";

async function orderAllWorkers({ nodes }: Testbed, act: "slow" | "fast"): Promise<void> {
  for (let worker = 0; worker < WORKERS; worker++) await nodes[0]!.order({ do: "worker", worker, act });
}

export function slowHandler(): Fault {
  let at = Infinity;
  let healedAt = Infinity;
  /** What had piled up, where it is more than chance. */
  const backlogProof = ({ health }: Recorder) => {
    const during = health.filter((health) => health.at > at && health.at < healedAt + 500);
    const before = health.findLast((health) => health.at <= at)?.pending ?? 0;
    const most = Math.max(0, ...during.map(({ pending }) => pending));
    return most > before + 20 ? `${most} deliveries had piled up, against ${before} before` : undefined;
  };
  return {
    name: "slow_handler",
    does: "makes every handler slower than the events come, so that they pile up",
    needs: "worker",
    signs: [],
    async apply(testbed, signal) {
      const { recorder } = testbed;
      at = steadyNow();
      await orderAllWorkers(testbed, "slow");
      await recorder.waitUntil(() => backlogProof(recorder) !== undefined, 20_000, signal);
    },
    async heal(testbed) {
      await orderAllWorkers(testbed, "fast");
      healedAt = steadyNow();
    },
    tookEffect: ({ recorder }) => backlogProof(recorder),
  };
}
