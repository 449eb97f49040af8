/** Group commit on JetStream: what may go into one atomic batch, and what may not. @module */
import { assertEquals } from "@std/assert";
import type { Write } from "../../../../../backends/nats/stream/atomic_publish.ts";
import { nextGroup } from "../../../../../backends/nats/stream/group_commit.ts";

type Waiting = Parameters<typeof nextGroup>[0][number];

/** Writes that wait, each known by its subject. */
function waiting(subject: string, count: number, more: Partial<Write> = {}): Waiting {
  const writes = Array.from({ length: count }, () => ({ subject, payload: "", ...more }));
  return { writes, resolve() {}, reject() {} };
}

const subjects = (group: readonly Waiting[]) => group.map(({ writes }) => writes[0]!.subject);

Deno.test("a group is filled to a thousand messages, past what does not fit", () => {
  const queue = [waiting("a", 480), waiting("b", 600), waiting("c", 480), waiting("d", 41), waiting("e", 40)];
  assertEquals(subjects(nextGroup(queue)), ["a", "c", "e"]);
  assertEquals(subjects(nextGroup(queue)), ["b", "d"]);
  assertEquals(queue, []);
});

Deno.test("what is first goes, whatever its size", () => {
  const queue = [waiting("a", 1200), waiting("b", 1)];
  assertEquals(subjects(nextGroup(queue)), ["a"]);
});

Deno.test("two that expect something of the same subject never go together, and keep their order", () => {
  const expect = { filter: "cases.1.*.x", last: 7 };
  const queue = [waiting("a", 1, { expect }), waiting("b", 1, { expect }), waiting("c", 1)];
  assertEquals(subjects(nextGroup(queue)), ["a", "c"]);
  assertEquals(subjects(nextGroup(queue)), ["b"]);
});

Deno.test("what one replaces another may not expect something of", () => {
  const queue = [
    waiting("timer", 1, { rollup: true }),
    waiting("timer", 1, { tombstone: true, expect: { filter: "timer", last: 3 } }),
  ];
  assertEquals(nextGroup(queue).length, 1);
});
