/** The read models that a node keeps. @module */
import { findModel, projectedModels } from "../../../actors/case_list.ts";
import type { Observer } from "../../../actors/observer.ts";
import type { ProjectedModel } from "../../../actors/projection.ts";
import { superviseProjections } from "../../../actors/projection_actor.ts";
import type { Backend } from "../../../backends/backend.ts";
import { endsWithin } from "../../../backends/primitives/concurrency.ts";
import { UsageError } from "../../cli/exit_codes.ts";

/** The read models of `--projections`: all by default, none of `off`. Throws UsageError for a name that none has. */
export function projectionsOf(names: string | undefined): readonly ProjectedModel[] {
  if (names === undefined) return projectedModels();
  if (names === "off") return [];
  return projectedModels(
    names.split(",").map((each) => {
      const found = findModel(each.trim());
      if (found === undefined) {
        throw new UsageError(`Cannot use --projections ${names}: there is no projection ${each}`);
      }
      return found.projection;
    }),
  );
}

/** What keeps the read models of a node. */
interface RunningProjections {
  /** Ends the step under way, for which it waits no longer than this. */
  stop(deadlineMs: number): Promise<void>;
}

/** Starts to keep them, as soon as the store is open. None: nothing is started. */
export function startProjections(
  opening: Promise<Backend>,
  projected: readonly ProjectedModel[],
  node: string,
  observer: Observer,
): RunningProjections {
  if (projected.length === 0) return { stop: () => Promise.resolve() };
  const supervisor = superviseProjections({
    projected,
    node,
    // A store that can't be opened is reported by whoever opens it.
    models: opening.then(({ models }) => models, () => undefined),
    onCrash: (reason) => observer.processorRestarted?.({ processor: "projections", reason }),
  });
  return {
    async stop(deadlineMs) {
      supervisor.stop();
      await endsWithin(supervisor.ended, deadlineMs);
    },
  };
}
