/** The job of a node that keeps its read models: follows the log, and rests in between so that mailboxes come first. @module */
import type { ModelStore } from "../backends/projections.ts";
import { BackendUnusable } from "../backends/errors.ts";
import { repeat } from "../backends/primitives/repeat.ts";
import type { ProjectedModel } from "./projection.ts";
import { Projector, type StepOutcome } from "./projector.ts";
import { JobRefused, superviseJob } from "./supervision/background_job.ts";
import type { ChildSupervisor } from "./supervision/child_supervisor.ts";

/** After a step it rests for this many times as long as the step took: of a node at work read models get a tenth of the time. */
const REST = 9;
/** The longest rest: where the machine has no time for anything, a step takes long without costing more, and must not fall behind. */
const LONGEST_REST_MS = 500;
/** How late a read model is at most when little happens, and how often an idle one asks. */
const MOVED_MS = 250;
const IDLE_MS = 2_000;

/** How long to rest after a step. */
export function restMs(outcome: StepOutcome, tookMs: number): number {
  const rest = Math.min(tookMs * REST, LONGEST_REST_MS);
  if (outcome === "behind") return rest;
  return Math.max(rest, outcome === "moved" ? MOVED_MS : IDLE_MS);
}

interface ActorOptions {
  /** The store, once it is open; undefined where it keeps no read models. */
  readonly models: Promise<ModelStore | undefined>;
  readonly projected: readonly ProjectedModel[];
  /** The name of the node. */
  readonly node: string;
  /** Called when it failed by a bug, and is started again. */
  readonly onCrash: (reason: string) => void;
}

/** Starts to keep read models, under a supervisor of their own. */
export function superviseProjections({ models, projected, node, onCrash }: ActorOptions): ChildSupervisor {
  const run = async (signal: AbortSignal) => {
    const store = await models;
    if (store !== undefined) await follow(new Projector(store, projected, { projector: node }), signal);
  };
  return superviseJob({ id: "projections", run, onCrash });
}

/**
 * Waits out a store that is away. One that refuses, since it may make no tables or its disk is full, ends the run, so that it
 * is reported.
 */
async function follow(projector: Projector, signal: AbortSignal): Promise<void> {
  await repeat(async () => {
    const began = performance.now();
    const outcome = await projector.step().catch((error) => {
      if (error instanceof BackendUnusable) throw new JobRefused(error.message, { cause: error });
      throw error;
    });
    return restMs(outcome, performance.now() - began);
  }, signal);
}
