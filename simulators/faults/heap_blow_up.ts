/** A worker fills its heap until the whole process dies of it. @module */
import type { Recorder } from "../proof/recorder.ts";
import type { Fault } from "./fault.ts";

/** On a machine that is busy the worker may be found hung before its heap is full. */
const TRIES = 3;

export const heapBlowUp: Fault = {
  does: "fills the heap of a worker thread within one message until V8 aborts the process",
  testbed: () => ({
    needs: "process",
    signs: ["node_restart"],
    isInstant: true,
    async apply({ nodes, recorder }, signal, at) {
      recorder.killed.push(nodes[0]!.name);
      for (let tried = 1; tried <= TRIES && diedBy(recorder, at) === undefined && !signal.aborted; tried++) {
        void nodes[0]!.order({ do: "worker", worker: 0, act: "fill_heap" });
        const isBack = () =>
          recorder.observedSince(at, "node_start").length >= tried &&
          recorder.observedSince(at, "node_restart").length >= tried;
        await recorder.waitUntil(isBack, 20_000, signal);
      }
    },
    tookEffect({ recorder }, at) {
      const why = diedBy(recorder, at);
      return why && `the process died of it, ${why}, and was started again`;
    },
  }),
};

/** A node that asks for its end, because it found the worker hung, ends with an exit code. */
function diedBy(recorder: Recorder, at: number): string | undefined {
  const ends = recorder.observedSince(at, "node_restart").map(({ ids }) => `${ids.why}`);
  return ends.find((why) => why.startsWith("by SIG"));
}
