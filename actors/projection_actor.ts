/** The actor of a node that keeps its read models: follows the log, and rests in between so that mailboxes come first. @module */
import type { ModelStore } from "../backends/projections.ts";
import { BackendUnusable } from "../backends/errors.ts";
import { repeat } from "../backends/primitives/repeat.ts";
import { describeError } from "./error_info.ts";
import type { ProjectedModel } from "./projection.ts";
import { Projector, type StepOutcome } from "./projector.ts";
import { type Child, ChildSupervisor } from "./supervision/child_supervisor.ts";
import type { Exit } from "./supervision/restart_policy.ts";

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

/** It is started again for as long as its node lives: a projection that fails must end no processor. */
const PLAN = {
  id: "projections",
  strategy: "one_for_one",
  intensity: { restarts: Infinity, periodMs: 60_000 },
  backoff: { firstMs: 1_000, longestMs: 60_000 },
} as const;

/** Starts to keep read models, under a supervisor of their own. */
export function superviseProjections(options: ActorOptions): ChildSupervisor {
  const child = {
    id: "projector",
    restart: "transient",
    stopMs: Infinity,
    start: () => new ProjectionActor(options),
  } as const;
  return new ChildSupervisor(PLAN, [child], (_id, { reason }) => options.onCrash(reason));
}

/** One run of the projector. */
class ProjectionActor implements Child {
  readonly ready = Promise.resolve();
  readonly ended: Promise<Exit>;
  readonly #stopping = new AbortController();

  constructor(options: ActorOptions) {
    this.ended = this.#run(options);
  }

  stop(): void {
    this.#stopping.abort();
  }

  kill(): void {
    this.stop();
  }

  async #run({ models, projected, node }: ActorOptions): Promise<Exit> {
    const { signal } = this.#stopping;
    try {
      const store = await models;
      if (store !== undefined) await follow(new Projector(store, projected, { projector: node }), signal);
      return { kind: "shutdown", reason: "it was asked to" };
    } catch (error) {
      const { class: name, message } = describeError(error);
      // What a store refuses by says what to do, and nothing of an event.
      return { kind: "failed", reason: error instanceof ReadModelsRefused ? message : name, error };
    }
  }
}

/** The store keeps no read models for this node: it may make no tables, or its disk is full. */
class ReadModelsRefused extends Error {
  override name = "ReadModelsRefused";
}

/** Waits out a store that is away. One that refuses ends the run, so that it is reported; the next run comes later and later. */
async function follow(projector: Projector, signal: AbortSignal): Promise<void> {
  await repeat(async () => {
    const began = performance.now();
    const outcome = await projector.step().catch((error) => {
      if (error instanceof BackendUnusable) throw new ReadModelsRefused(error.message, { cause: error });
      throw error;
    });
    return restMs(outcome, performance.now() - began);
  }, signal);
}
