/** Runs passes in a worker, each whole or not at all, and keeps their states until they are known to be stored. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { DerivedIds } from "../../schema/ids.ts";
import { CaseHistories } from "./case_histories.ts";
import type { DeliverySpans } from "./delivery_spans.ts";
import { DeliveryTimeout } from "./failed_attempt.ts";
import { PassRun } from "./pass_run.ts";
import type { NotFused, PassFailure, PassRequest, PassResult } from "./protocol.ts";
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

  /** Set where traces are made. */
  makeSpans: ((request: PassRequest, processor: string) => DeliverySpans) | undefined;

  constructor(caches: ReadonlyMap<string, StateCache>, idOf: DerivedIds) {
    this.#caches = caches;
    this.#idOf = idOf;
  }

  #newRun(request: PassRequest, histories = new CaseHistories()): PassRun {
    const makeSpans = this.makeSpans?.bind(undefined, request);
    return new PassRun(request, this.#caches, this.#idOf, histories, makeSpans);
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
    const run = this.#newRun(request);
    this.#waiting.set(request.id, { run, request, questions: 0 });
    return run.refusal === undefined && run.findNeeds().length > 0 ? lacking(run) : undefined;
  }

  /** A question is asked for the needs of this run. */
  addHistories(id: number, lines: string): void {
    const waiting = this.#waiting.get(id)!;
    const { run: { histories, needs }, request, questions } = waiting;
    histories.add(needs, lines);
    const run = this.#newRun(request, histories);
    this.#waiting.set(id, { run, request, questions: questions + 1 });
  }

  /** The pass is not asked for any more. */
  drop(id: number): void {
    this.#waiting.delete(id);
  }

  /** Runs it to its end. */
  finish(
    id: number,
    timeoutMs: number,
    onProgress: (handled: number, place: number) => void,
  ): PassResult | Lacking {
    const { run, request, questions } = this.#waiting.get(id)!;
    run.onProgress = onProgress;
    const ended = runWhole(run, timeoutMs);
    const isLacking = ended === undefined && run.needs.length > 0;
    if (isLacking && questions < MOST_QUESTIONS) return lacking(run);
    this.#waiting.delete(id);
    if (ended !== undefined) return ended;
    if (isLacking) return notFused("missing_state");
    this.#last.set(request.partition, { sequencer: request.sequencer, run });
    return run.result();
  }
}

function lacking({ needs, historyTypes: types }: PassRun): Lacking {
  return { kind: "lacking", needs, types };
}

type Ended = PassResult & { readonly kind: "not_fused" };

/** Runs a pass to its end. Returns why it is none. A delivery is too slow only if it had the whole time to itself. */
function runWhole(run: PassRun, timeoutMs: number): Ended | undefined {
  if (run.refusal !== undefined) return notFused(run.refusal);
  let ended: Ended | undefined;
  const go = () => {
    try {
      run.run();
    } catch (error) {
      // Under the watchdog as well: reading a thrown value may loop.
      ended = notFused(run.refusal ?? "failed", run.failureOf(error));
    }
  };
  for (let handled = -1; handled < run.handled;) {
    handled = run.handled;
    if (runWithTimeout(go, timeoutMs)) return ended;
    if (run.isRecording) return notFused("time");
  }
  return notFused("time", run.failureOf(new DeliveryTimeout(timeoutMs)));
}

function notFused(reason: NotFused, failure?: PassFailure): Ended {
  return failure === undefined ? { kind: "not_fused", reason } : { kind: "not_fused", reason, failure };
}
