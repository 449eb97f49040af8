/**
 * Comparisons with another policy in the background, one at a time: a run outlives whoever asked for it and the node, and
 * everybody who may see it does. How far it is stands in a directory; a node that starts again goes on from there.
 * @module
 */
import { delay } from "@std/async/delay";
import { parsePolicy, policy, policyFile } from "../../../actors/application.ts";
import { describeError } from "../../../actors/error_info.ts";
import type { Backend } from "../../../backends/backend.ts";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { compareHistory, type ComparisonProgress } from "../../../simulators/what_if/compare_history.ts";
import { type WhatIfResult, whatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import type { KeptProgress, RunEnd, RunState, WhatIfRun } from "./run.ts";
import { RunFiles } from "./run_files.ts";

/** Between two writings of how far it is. */
const EVERY_MS = 5_000;
/** Before the store is asked again, when it could not be reached. */
const RETRY_MS = 5_000;
/** A batch under way is waited for when the node stops; what it comes to can be counted again. */
const CLOSE_MS = 5_000;
/** Runs that have ended and are kept. */
const MOST_ENDED = 20;
/** Chosen once, so that a part of the cases is the same at every run. */
const SEED = "console";

interface RunsOptions {
  /** Undefined where there is no place for runs: none can be started. */
  readonly directory: string | undefined;
  readonly backend: () => Promise<Backend>;
  readonly version: string;
  readonly onFailure: (error: unknown) => void;
}

/** What is asked for. */
type AskedRun = Pick<WhatIfRun, "by" | "why" | "policy" | "changes" | "sample">;

/** What was counted, and the same as programs read it. */
interface Outcome {
  readonly figures: ComparisonProgress["figures"];
  readonly result: WhatIfResult;
}

/** Why a run was not started: another one is under way, or there is no place to keep it. */
type NotStarted = "busy" | "no_place";

/** The run that this node works on. */
interface Current {
  readonly run: WhatIfRun;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
  kept: KeptProgress | undefined;
}

export class WhatIfRuns {
  readonly #options: RunsOptions;
  readonly #files: RunFiles | undefined;
  #current: Current | undefined;
  #isClosed = false;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#files = options.directory === undefined ? undefined : new RunFiles(options.directory);
  }

  /** The latest first. */
  async list(): Promise<readonly WhatIfRun[]> {
    return await this.#files?.list() ?? [];
  }

  find(id: string): WhatIfRun | undefined {
    return this.#files?.find(id);
  }

  /** How much of the log it has read, from 0 to 1. */
  shareOf({ id, state }: WhatIfRun): number {
    if (state === "done") return 1;
    const kept = this.#keptOf(id);
    return kept === undefined || kept.last === 0 ? 0 : Math.min(1, kept.progress.position / kept.last);
  }

  /** What it has come to; undefined before anything was kept. The figures of all people are read once for both. */
  outcomeOf({ id, sample, changes, state }: WhatIfRun): Outcome | undefined {
    const figures = this.#keptOf(id)?.progress.figures;
    if (figures === undefined) return undefined;
    const compared = { mode: "decisions", seed: SEED, sample, changes, complete: state === "done" } as const;
    return { figures, result: whatIfResult(figures, compared) };
  }

  /** Takes up what a node left that ended meanwhile, where no other process is at it. */
  async resume(): Promise<void> {
    if (this.#files === undefined || this.#current !== undefined || this.#isClosed) return;
    const left = (await this.#files.list()).find(({ state }) => state === "running");
    if (left !== undefined) await this.#begin(left);
  }

  /** Keeps the run, and begins it. */
  async start(asked: AskedRun): Promise<WhatIfRun | NotStarted> {
    try {
      await this.#files?.prepare();
    } catch {
      return "no_place";
    }
    if (this.#files === undefined) return "no_place";
    // What was cancelled here a moment ago gives its worker back first.
    if (this.#current?.stopping.signal.aborted) await this.#current.ended;
    const runs = await this.#files.list();
    if (runs.some(({ state }) => state === "running")) return "busy";
    for (const { id } of runs.slice(MOST_ENDED - 1)) await this.#files.remove(id);
    const run = {
      ...asked,
      id: crypto.randomUUID(),
      at: new Date().toISOString(),
      state: "running",
    } as const;
    return await this.#begin(run) ? run : "busy";
  }

  /** Ends it for good; false where it had ended. Another process that works on it sees so with its next writing. */
  cancel(id: string, { by, why }: { readonly by: string; readonly why: string }): boolean {
    const run = this.#files?.find(id);
    if (run?.state !== "running") return false;
    this.#end(run, "cancelled", { by, why });
    if (this.#current?.run.id === id) this.#current.stopping.abort();
    return true;
  }

  /** Stops what is under way; it stays to be taken up again. A store that does not answer is not waited for. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#current?.stopping.abort();
    const waiting = new AbortController();
    const tooLong = delay(CLOSE_MS, { signal: waiting.signal }).catch(() => {});
    await Promise.race([this.#current?.ended, tooLong]);
    waiting.abort();
  }

  /** Resolves when nothing is under way here. */
  async idle(): Promise<void> {
    await this.#current?.ended;
  }

  async #begin(run: WhatIfRun): Promise<boolean> {
    const lock = await this.#files!.lock();
    if (lock === undefined || this.#current !== undefined || this.#isClosed) {
      lock?.[Symbol.dispose]();
      return false;
    }
    // Somebody may have cancelled it before the lock was had.
    if ((this.#files!.find(run.id) ?? run).state !== "running") {
      lock[Symbol.dispose]();
      return false;
    }
    this.#files!.write(run);
    const stopping = new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const current = { run, stopping, ended: promise, kept: undefined };
    this.#current = current;
    this.#pursue(current).finally(() => {
      this.#current = undefined;
      lock[Symbol.dispose]();
      resolve();
    });
    return true;
  }

  /** To its end, or to where it is stopped. */
  async #pursue(current: Current): Promise<void> {
    const { run, stopping: { signal } } = current;
    try {
      await this.#compare(current);
      if (!signal.aborted) this.#end(run, "done", {});
    } catch (error) {
      // A store that is closed while its node stops is no failure of the run.
      if (signal.aborted) return;
      this.#options.onFailure(error);
      this.#end(run, "failed", { error: describeError(error).class });
    }
  }

  /** A store that can't be reached is waited for. */
  async #compare(current: Current): Promise<void> {
    const { signal } = current.stopping;
    while (!signal.aborted) {
      try {
        return await this.#compareOnce(current, await this.#options.backend());
      } catch (error) {
        if (!(error instanceof BackendUnavailable)) throw error;
        await delay(RETRY_MS, { signal }).catch(() => {});
      }
    }
  }

  async #compareOnce(current: Current, backend: Backend): Promise<void> {
    const { run: { id, policy: fields, sample }, stopping: { signal } } = current;
    const countedBy = await this.#countedBy(backend);
    const kept = this.#files!.progressOf(id);
    const earlier = kept?.countedBy === countedBy ? kept.progress : undefined;
    const last = await backend.lastPosition?.() ?? 0;
    const asKept = (progress: ComparisonProgress) => {
      const position = Math.max(progress.position, earlier?.position ?? 0);
      return { countedBy, last, progress: { ...progress, position } };
    };
    let writtenAt = performance.now();
    const progress = await compareHistory(backend, {
      ...{ candidate: { policy: parsePolicy(fields) }, mode: "decisions", seed: SEED, sample },
      ...{ workers: 1, signal, earlier },
      onProgress: (progress) => {
        current.kept = asKept(progress);
        if (performance.now() - writtenAt < EVERY_MS) return;
        writtenAt = performance.now();
        this.#keep(current, current.kept);
      },
    });
    this.#files!.writeProgress(id, asKept(progress));
  }

  /** Another process may have cancelled it. */
  #keep({ run: { id }, stopping }: Current, kept: KeptProgress): void {
    this.#files!.writeProgress(id, kept);
    if (this.#files!.find(id)?.state !== "running") stopping.abort();
  }

  /** What decides, and on which history: figures of another one are no beginning of these. */
  async #countedBy(backend: Backend): Promise<string> {
    let first: string | undefined;
    for await (const { event } of backend.readAll()) {
      first = event.event_id;
      break;
    }
    const text = JSON.stringify([this.#options.version, policyFile(), policy.mandates, first]);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
  }

  #end(run: WhatIfRun, state: RunState, end: Omit<RunEnd, "at">): void {
    this.#files!.write({ ...run, state, ended: { at: new Date().toISOString(), ...end } });
  }

  #keptOf(id: string): KeptProgress | undefined {
    const here = this.#current?.run.id === id ? this.#current.kept : undefined;
    return here ?? this.#files?.progressOf(id);
  }
}
