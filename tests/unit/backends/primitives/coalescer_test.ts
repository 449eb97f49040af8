import { assertEquals } from "@std/assert";
import { Coalescer } from "../../../../backends/primitives/coalescer.ts";

/** Somebody who answers when told to. */
function slowAnswers(atOnce: number) {
  const asked: { questions: readonly number[]; end: PromiseWithResolvers<number[]> }[] = [];
  const coalescer = new Coalescer<number, number>((questions) => {
    const end = Promise.withResolvers<number[]>();
    asked.push({ questions, end });
    return end.promise;
  }, atOnce);
  return {
    ask: (n: number) => coalescer.submit(n),
    groups: () => asked.map(({ questions }) => questions),
    answer: (i: number) => asked[i]!.end.resolve(asked[i]!.questions.map((n) => 10 * n)),
    fail: (i: number) => asked[i]!.end.reject(new Error("away")),
  };
}

/** Lets everybody act who can. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("who is alone is asked for at once; what comes meanwhile goes together, and each gets its own answer", async () => {
  const { ask, groups, answer } = slowAnswers(1);
  const all = [ask(1), ask(2), ask(3)];
  assertEquals(groups(), [[1]]);
  answer(0);
  await turn();
  assertEquals(groups(), [[1], [2, 3]]);
  answer(1);
  assertEquals(await Promise.all(all), [10, 20, 30]);
});

Deno.test("no more questions are under way than may be", async () => {
  const { ask, groups, answer } = slowAnswers(2);
  const all = [1, 2, 3, 4].map(ask);
  assertEquals(groups(), [[1], [2]]);
  answer(1);
  await turn();
  assertEquals(groups(), [[1], [2], [3, 4]]);
  answer(0);
  answer(2);
  assertEquals(await Promise.all(all), [10, 20, 30, 40]);
});

Deno.test("a question that fails fails for all who asked it, and not for those who come later", async () => {
  const { ask, answer, fail } = slowAnswers(1);
  const all = Promise.allSettled([1, 2, 3].map(ask));
  answer(0);
  await turn();
  fail(1);
  assertEquals((await all).map(({ status }) => status), ["fulfilled", "rejected", "rejected"]);
  const later = ask(4);
  answer(2);
  assertEquals(await later, 40);
});
