import { assert, assertEquals } from "@std/assert";
import { StateCache } from "../../../../actors/worker/state_cache.ts";
import type { AnyProcessor, CaseEvent } from "../../../../actors/processor.ts";
import { decodeEvent } from "../../../../schema/codec.ts";
import { anEvent } from "../../../support/events.ts";

const processor: AnyProcessor = {
  name: "counter",
  version: 1,
  takes: ["case.analysis"],
  folds: ["case.intake"],
  initial: () => 0,
  evolve(count: number, event: CaseEvent) {
    if (event.data.act === "evolve") throw new Error("misbehaving");
    return count + 1;
  },
  handle: () => ({ events: [] }),
};

const states = (limit = 10) => new StateCache(processor, limit);
const at = (caseId: string, ...versions: number[]) => versions.map((version) => ({ caseId, version }));
const intake = (caseId: string, act?: string) => {
  const event = anEvent(caseId, 1);
  return decodeEvent({ ...event, data: { ...event.data, act } });
};

Deno.test("a case from its first event needs no history", () => {
  assertEquals(states().snapshot(at("a", 1, 2, 3)).needs, []);
});

Deno.test("a case that is not remembered needs everything before its first delivery", () => {
  assertEquals(states().snapshot(at("a", 4)).needs, [{ caseId: "a", after: 0, before: 4 }]);
});

Deno.test("every gap between the deliveries of a case is needed, and nothing else", () => {
  const { needs } = states().snapshot([...at("a", 2), ...at("b", 1), ...at("a", 3, 6)]);
  assertEquals(needs, [{ caseId: "a", after: 0, before: 2 }, { caseId: "a", after: 3, before: 6 }]);
});

Deno.test("a remembered state is built on: only what came since is needed", () => {
  const memory = states();
  memory.put("a", 3, "third");
  const basis = memory.snapshot([...at("a", 4, 7)]);
  assertEquals(basis.needs, [{ caseId: "a", after: 4, before: 7 }]);
  assertEquals(basis.states.get("a"), { state: "third", version: 3 });
});

Deno.test("a state that is ahead of its delivery is not built on", () => {
  const memory = states();
  memory.put("a", 5, "fifth");
  const basis = memory.snapshot(at("a", 3, 6));
  assertEquals(basis.needs, [{ caseId: "a", after: 0, before: 3 }, { caseId: "a", after: 3, before: 6 }]);
  assertEquals(basis.states.has("a"), false);
});

Deno.test("what a batch builds on is its own, also when the memory has forgotten it", () => {
  const memory = states(2);
  memory.put("a", 1, "first");
  const { states: known } = memory.snapshot(at("a", 2));
  memory.put("b", 1, 0);
  memory.put("c", 1, 0);
  assertEquals(memory.snapshot(at("a", 2)).needs.length, 1);
  assertEquals(known.get("a"), { state: "first", version: 1 });
});

Deno.test("the memory is bounded: what was remembered longest ago goes first", () => {
  const memory = states(4);
  for (const caseId of ["a", "b", "c", "a", "d"]) memory.put(caseId, 1, caseId);
  assert(memory.size <= 4);
  const known = memory.snapshot(["a", "b", "c", "d"].flatMap((caseId) => at(caseId, 2))).states;
  assertEquals([...known.keys()], ["a", "c", "d"]);
});

Deno.test("a memory of thousands never holds more than its limit, and always the last half of it", () => {
  const memory = states(1_000);
  for (let i = 0; i < 10_000; i++) {
    memory.put(`case-${i}`, 1, i);
    assert(memory.size <= 1_000);
  }
  const last = Array.from({ length: 500 }, (_, i) => at(`case-${9_999 - i}`, 2)).flat();
  assertEquals(memory.snapshot(last).needs, []);
});

Deno.test("see() folds what this processor folds, when everything before it is there", () => {
  const memory = states();
  memory.observe(intake("a"), 1);
  memory.observe(intake("a"), 2);
  memory.observe(intake("a"), 4);
  memory.observe(intake("b"), 2);
  memory.observe(decodeEvent(anEvent("c", 1, "case.analysis")), 1);
  const { states: known } = memory.snapshot([...at("a", 9), ...at("b", 9), ...at("c", 9)]);
  assertEquals([...known], [["a", { state: 2, version: 2 }]]);
});

Deno.test("an event that can't be folded by observe() is not cached, and fails no other delivery", () => {
  const memory = states();
  memory.observe(intake("a", "evolve"), 1);
  assert(memory.size === 0);
});
