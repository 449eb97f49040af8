/** Handlers are slower than the load. @module */
import { steadyNow } from "../chaos/control.ts";
import { WORKERS } from "../chaos/node_core.ts";
import type { Recorder } from "../chaos/recorder.ts";
import type { Stage } from "../chaos/stage.ts";
import type { Fault } from "./fault.ts";

async function tellAll({ nodes }: Stage, act: "slow" | "fast"): Promise<void> {
  for (let worker = 0; worker < WORKERS; worker++) await nodes[0]!.order({ do: "worker", worker, act });
}

export function slowHandler(): Fault {
  let at = Infinity;
  let healedAt = Infinity;
  /** What had piled up, where it is more than chance. */
  const piledUp = ({ health }: Recorder) => {
    const during = health.filter((health) => health.at > at && health.at < healedAt + 500);
    const before = health.findLast((health) => health.at <= at)?.pending ?? 0;
    const most = Math.max(0, ...during.map(({ pending }) => pending));
    return most > before + 20 ? `${most} deliveries had piled up, against ${before} before` : undefined;
  };
  return {
    name: "slow_handler",
    does: "makes every handler slower than the events come, so that they pile up",
    needs: "worker",
    shownBy: [],
    async apply(stage, signal) {
      const { recorder } = stage;
      at = steadyNow();
      await tellAll(stage, "slow");
      await recorder.until(() => piledUp(recorder) !== undefined, 20_000, signal);
    },
    async heal(stage) {
      await tellAll(stage, "fast");
      healedAt = steadyNow();
    },
    tookEffect: ({ recorder }) => piledUp(recorder),
  };
}
