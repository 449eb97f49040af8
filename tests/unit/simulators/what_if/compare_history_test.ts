import { assert, assertEquals } from "@std/assert";
import type { EventStore } from "../../../../backends/event_store.ts";
import { compareHistory, type ComparisonProgress } from "../../../../simulators/what_if/compare_history.ts";
import { recordedLines } from "../../../support/what_if/recorded_history.ts";

const lines = recordedLines({ seed: "compare", count: 120, lived: true });

/** A store of these lines, a hundred at a time. */
const store = {
  async *readLines() {
    for (let at = 0; at < lines.length; at += 100) yield await Promise.resolve(lines.slice(at, at + 100));
  },
} as unknown as EventStore;

const options = {
  candidate: { policy: { capacityShare: 0.5 } },
  mode: "whole",
  seed: "s",
  sample: 1,
  workers: 2,
  signal: new AbortController().signal,
} as const;

Deno.test("compareHistory() by several workers comes to the same as by one", async () => {
  const { figures: two } = await compareHistory(store, options);
  const { figures: one } = await compareHistory(store, { ...options, workers: 1 });
  const withoutExamples = ({ examples: _, ...figures }: typeof one) => figures;
  // Workers answer in any order, and so do people in a cell.
  for (const { people } of [...Object.values(one.matrix), ...Object.values(two.matrix)]) people.sort();
  assertEquals(withoutExamples(two), withoutExamples(one));
  assert(one.differences > 0 && one.cases === 120);
});

Deno.test("compareHistory() that is stopped and taken up again comes to the same", async () => {
  const stop = new AbortController();
  const onProgress = ({ position }: ComparisonProgress) => position >= 300 && stop.abort();
  const half = await compareHistory(store, { ...options, workers: 1, signal: stop.signal, onProgress });
  assert(half.position >= 300 && half.position < lines.length, `${half.position}`);
  const earlier = JSON.parse(JSON.stringify(half));
  const { figures, position } = await compareHistory(store, { ...options, workers: 1, earlier });
  const { figures: whole } = await compareHistory(store, { ...options, workers: 1 });
  assertEquals([figures.differences, figures.cases, figures.played], [whole.differences, 120, whole.played]);
  assertEquals([figures.breakdowns, figures.matrix, figures.first], [
    whole.breakdowns,
    whole.matrix,
    whole.first,
  ]);
  assertEquals(position, lines.length);
});

Deno.test("compareHistory() of a sample leaves the other cases out", async () => {
  const { figures } = await compareHistory(store, { ...options, sample: 0.3 });
  assert(figures.cases > 15 && figures.cases < 60, `${figures.cases}`);
});
