/** Runs passes in a worker, each whole or not at all, and keeps their states until they are known to be stored. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import { PassRun } from "./pass_run.ts";
import type { NotFused, PassRequest, PassResult } from "./protocol.ts";
import type { StateCache } from "./state_cache.ts";
import { runWithTimeout } from "./watchdog.ts";

/** How often a pass asks for histories: once before it begins, and once for what was made of it. */
const MOST_QUESTIONS = 2;

/** A pass that lacks histories. */
export interface Lacking {
  readonly kind: "lacking";
  readonly needs: readonly HistoryNeed[];
  readonly types: readonly string[];
}

interface Waiting {
  readonly run: PassRun;
  readonly request: PassRequest;
  readonly questions: number;
}

export class PassRunner {
  readonly #caches: ReadonlyMap<string, StateCache>;
  readonly #idOf: DerivedIds;
  readonly #waiting = new Map<number, Waiting>();
  /** The last pass of each partition. */
  readonly #last = new Map<number, { readonly sequencer: number; readonly run: PassRun }>();

  constructor(caches: ReadonlyMap<string, StateCache>, idOf: DerivedIds) {
    this.#caches = caches;
    this.#idOf = idOf;
  }

  isWaiting(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** Begins a pass: `finish` takes it up, or `addHistories` does where it lacks some. */
  begin(request: PassRequest): Lacking | undefined {
    const { partition, sequencer, isLastStored } = request;
    const last = this.#last.get(partition);
    if (isLastStored && last?.sequencer === sequencer) last.run.commit();
    this.#last.delete(partition);
    const run = new PassRun(request, this.#caches, this.#idOf);
    this.#waiting.set(request.id, { run, request, questions: 0 });
    return run.findNeeds().length > 0 ? lacking(run) : undefined;
  }

  /** A question is asked for the needs of this run. */
  addHistories(id: number, lines: string): void {
    const waiting = this.#waiting.get(id)!;
    const { run: { histories, needs }, request, questions } = waiting;
    histories.add(needs, lines);
    const run = new PassRun(request, this.#caches, this.#idOf, histories);
    this.#waiting.set(id, { run, request, questions: questions + 1 });
  }

  /** The pass is not asked for any more. */
  drop(id: number): void {
    this.#waiting.delete(id);
  }

  /** Runs it to its end. */
  finish(id: number, timeoutMs: number, onProgress: (handled: number) => void): PassResult | Lacking {
    const { run, request, questions } = this.#waiting.get(id)!;
    run.onProgress = onProgress;
    const reason = runWhole(run, timeoutMs);
    const isLacking = reason === undefined && run.needs.length > 0;
    if (isLacking && questions < MOST_QUESTIONS) return lacking(run);
    this.#waiting.delete(id);
    if (reason !== undefined) return { kind: "not_fused", reason };
    if (isLacking) return { kind: "not_fused", reason: "missing_state" };
    this.#last.set(request.partition, { sequencer: request.sequencer, run });
    return run.result();
  }
}

function lacking({ needs, historyTypes: types }: PassRun): Lacking {
  return { kind: "lacking", needs, types };
}

/**
 * Runs a pass to its end. Returns why it is none. A delivery is too slow only if it had the whole time to itself. A thrown
 * value is not looked at: reading it may loop.
 */
function runWhole(run: PassRun, timeoutMs: number): NotFused | undefined {
  let isFailed = false;
  const go = () => {
    try {
      run.run();
    } catch {
      isFailed = true;
    }
  };
  for (let handled = -1; handled < run.handled;) {
    handled = run.handled;
    if (runWithTimeout(go, timeoutMs)) return isFailed ? run.refusal ?? "failed" : undefined;
    if (run.isRecording) return "time";
  }
  return "time";
}
