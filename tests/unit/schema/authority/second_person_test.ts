/** When a decision may be stored behind the history of its case. @module */
import { assertEquals, assertMatch } from "@std/assert";
import type { Producer } from "../../../../schema/authority/grants.ts";
import {
  FORGIVEN_ALONE_MAX,
  historyFault,
  type JudgedEvent,
  requirements,
} from "../../../../schema/authority/second_person.ts";

const owner: Producer = { name: "owner", isOwner: true };
const gemeente: Producer = { name: "gemeente", isOwner: false };
let ids = 0;

function event(event_type: string, data: Record<string, unknown> = {}): JudgedEvent {
  return { event_id: `id-${ids++}`, event_type, data };
}
const intake = (debt_amount: number) => event("case.intake", { debt_amount });
const review = () => event("case.review_requested");
const proposed = (proposed_by: string, decision = "forgive") =>
  event("case.decision_proposed", { decision, proposed_by });
const decided = (decided_by: string, decision = "forgive") =>
  event("case.decision", { decision, decided_by });

Deno.test("a decision up to the bound is one person's, and so is one that forgives nothing", () => {
  assertEquals(historyFault(decided("a"), [intake(FORGIVEN_ALONE_MAX)], owner), undefined);
  assertEquals(historyFault(decided("a", "collect"), [intake(48_000)], owner), undefined);
  assertEquals(requirements.map(({ requires }) => requires.otherActorThan), ["case.decision_proposed"]);
});

Deno.test("above the bound a second person decides, under any spelling of a name", () => {
  const history = [intake(48_000), review(), proposed("Zoë de Wit")];
  assertEquals(historyFault(decided("k. klaassen"), history, owner), undefined);
  for (const name of ["zoë de wit", "Zoe\u0308 de  Wit", " ZOË DE WIT "]) {
    assertMatch(historyFault(decided(name), history, owner)!, /who proposed it may not decide/, name);
  }
});

Deno.test("a proposal that was decided on, or that an older review asked for, is none", () => {
  for (const since of [decided("b", "collect"), review(), event("case.withdrawn"), event("case.completed")]) {
    const history = [intake(48_000), review(), proposed("a"), since];
    assertMatch(historyFault(decided("b"), history, owner)!, /needs a second person/, since.event_type);
  }
  assertMatch(
    historyFault(decided("b"), [intake(48_000), proposed("a", "collect")], owner)!,
    /second person/,
  );
});

Deno.test("the last proposal counts: who proposed first may decide on another's, and nobody on their own", () => {
  const history = [intake(48_000), review(), proposed("a"), proposed("b")];
  assertEquals(historyFault(decided("a"), history, owner), undefined);
  assertMatch(historyFault(decided("b"), history, owner)!, /who proposed it/);
});

Deno.test("a producer decides in its own name, and where a review is open", () => {
  const open = [intake(100), review()];
  assertEquals(historyFault(decided("gemeente", "collect"), open, gemeente), undefined);
  assertMatch(historyFault(decided("j.jansen", "collect"), open, gemeente)!, /another than its sender/);
  assertMatch(historyFault(decided("system", "collect"), open, gemeente)!, /names the runtime/);
  for (const history of [[], [intake(100)], [...open, decided("x", "collect")]]) {
    assertMatch(historyFault(decided("gemeente", "collect"), history, gemeente)!, /no review/);
  }
});

Deno.test("the amount is that of the first intake: a second one does not lower it", () => {
  const history = [intake(48_000), intake(1), review()];
  assertMatch(historyFault(decided("a"), history, owner)!, /second person/);
});

Deno.test("what is stored already is a retry", () => {
  const stored = decided("b");
  assertEquals(historyFault(stored, [intake(48_000), proposed("a"), stored], owner), undefined);
});
