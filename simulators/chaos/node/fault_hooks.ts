/**
 * Handlers that misbehave as the mark of their event says, and workers that do so on order. Only the workers of chaos nodes
 * are made of this; a node that was not started by chaos has no way to reach it. @module
 */
/// <reference lib="deno.worker" />
import type { AnyProcessor } from "../../../actors/processor.ts";
import type { WorkerOrder } from "./control_protocol.ts";

/** What an event can make the processor do that is named in it. */
const scriptedFailures = ["throw", "fail_twice", "kill_worker", "spin"] as const;
export type ScriptedFailure = (typeof scriptedFailures)[number];

/** Mark in the data of an event. */
export interface FailureMark {
  readonly processor: string;
  readonly act: ScriptedFailure;
}

const attempts = new Map<string, number>();
/** With two workers, at most 80 deliveries a second. */
const SLOW_MS = 25;
let slowMs = 0;

/** The processor, but for events that are marked for it. */
export function withFaultHooks(processor: AnyProcessor): AnyProcessor {
  return {
    ...processor,
    handle(event, state, context) {
      const mark = event.data.chaos as FailureMark | undefined;
      if (mark?.processor === processor.name) failAsScripted(mark.act, event.event_id);
      if (slowMs > 0) spin(slowMs);
      return processor.handle(event, state, context);
    },
  };
}

function failAsScripted(failure: ScriptedFailure, id: string): void {
  switch (failure) {
    case "throw":
      throw new Error("A handler that always fails");
    case "fail_twice":
      attempts.set(id, (attempts.get(id) ?? 0) + 1);
      if (attempts.get(id)! <= 2) throw new Error("A handler that fails twice");
      return;
    case "spin":
      return spin(Infinity);
    case "kill_worker":
      // What marks the progress of the worker throws from now on, outside every guard: the worker ends.
      Atomics.store = () => {
        throw new Error("A handler that ends its worker");
      };
  }
}

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

// The runtime keeps every message from whoever listens later than it: this module is evaluated before that of the host.
self.addEventListener("message", (event: MessageEvent<{ chaos?: WorkerOrder }>) => {
  const order = event.data?.chaos;
  if (order === undefined) return;
  event.stopImmediatePropagation();
  executeOrder(order);
});

/** What a worker never gives back. */
const retained: unknown[] = [];

function executeOrder(order: WorkerOrder): void {
  switch (order) {
    case "throw":
      throw new Error("A worker that ends on order");
    case "hang":
      // Not stopped by terminate(): its thread spins on.
      for (;;) new Array(100).fill(0);
    case "fill_heap":
      for (;;) retained.push(new Array(1_000_000).fill(0.5));
    case "slow":
      slowMs = SLOW_MS;
      return;
    case "fast":
      slowMs = 0;
  }
}
