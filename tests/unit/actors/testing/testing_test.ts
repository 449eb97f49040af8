import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { AnyProcessor, Processor } from "../../../../actors/processor.ts";
import { assertPure, forAllHistories, given, ImpureProcessor } from "../../../../actors/testing/testing.ts";
import { cents } from "../../../../schema/money.ts";

/** Forgives what was paid so far, at every payment. */
const forgiver: Processor<number, "case.payment_received", never> = {
  ...{ name: "forgiver", version: 1, takes: ["case.payment_received"], folds: [] },
  initial: () => 0,
  evolve: (sum, { data }) => sum + data.amount,
  handle: ({ data: { case_id, amount } }, sum) => ({
    events: [{
      event_type: "case.debt_forgiven",
      data: { case_id, amount: cents(sum + amount), reason: "paid", approved_by: "nobody" },
    }],
  }),
};

const pays = (amount: number) => ["case.payment_received", { amount: cents(amount) }] as const;

Deno.test("given(), when and then say what follows, and what did where it is something else", () => {
  const happened = given([forgiver], pays(1)).when(...pays(2)).then(["case.debt_forgiven", {
    amount: cents(3),
  }]);
  assertEquals(happened.runner.stateOf(forgiver), 3);
  const error = assertThrows(() => happened.then(["case.debt_forgiven", { amount: cents(4) }]), Error);
  assertStringIncludes(
    error.message,
    'Expected to follow:\n  case.debt_forgiven {"amount":4}\nbut what followed was:',
  );
  assertThrows(() => happened.then(), Error, "  nothing\nbut");
});

/** Handlers and folds that are not what they must be. */
const impure: readonly AnyProcessor[] = [
  { ...forgiver, handle: ({ data: { case_id } }) => forgiving(case_id, `${Math.random()}`) },
  { ...forgiver, handle: ({ data: { case_id } }) => forgiving(case_id, `${performance.now()}`) },
  {
    ...forgiver,
    initial: () => ({ sum: 0 }),
    evolve: (state) => (state.sum++, state),
    handle: () => ({ events: [] }),
  },
];

function forgiving(case_id: string, reason: string) {
  const data = { case_id, amount: cents(1), reason, approved_by: "nobody" };
  return { events: [{ event_type: "case.debt_forgiven" as const, data }] };
}

Deno.test("assertPure() finds a clock, a random number and a state that is changed in place", () => {
  assertPure([forgiver], (runner) => runner.give(...pays(1)).settle());
  for (const processor of impure) {
    assertThrows(
      () => assertPure([processor], (runner) => runner.give(...pays(1)).settle()),
      ImpureProcessor,
    );
  }
});

Deno.test("forAllHistories() makes a history that fails as short as it can be, and draws it again by its seed", () => {
  const options = {
    events: [(random: () => number) => [...pays(1 + Math.floor(random() * 100))] as const],
    count: 50,
  };
  forAllHistories([forgiver], options, ({ log }) => log.length > 0);
  const fails = () => forAllHistories([forgiver], options, ({ log }) => log.length < 4);
  const [first, second] = [assertThrows(fails, Error), assertThrows(fails, Error)];
  assertEquals(first.message, second.message);
  assertEquals(first.message.split("\n").length, 3);
});
