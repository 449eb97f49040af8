/** When a node counts as idle. @module */
import { assertEquals } from "@std/assert";
import type { Backend } from "../../../../backends/backend.ts";
import type { Health } from "../../../../backends/health.ts";
import { waitUntilIdle } from "../../../../console/node/idle.ts";

const mailbox = { processor: "intake", partition: 0, pending: 0, retrying: 0 };
const healthOf = (pending: number) =>
  ({ mailboxes: [{ ...mailbox, pending }], timers: 0, nextTimerAt: null }) as unknown as Health;
const [idle, busy] = [healthOf(0), healthOf(1)];

/** Answers each health in turn, the last one ever after, and counts how often it was asked. */
function answering(...answers: (Health | (() => Health))[]) {
  let asked = 0;
  const health = () => {
    const answer = answers[Math.min(asked++, answers.length - 1)]!;
    return Promise.resolve(typeof answer === "function" ? answer() : answer);
  };
  return { backend: { health } as unknown as Backend, asked: () => asked };
}

Deno.test("a node with nothing pending is idle", async () => {
  const { backend, asked } = answering(busy, idle);
  await waitUntilIdle(backend, () => 1_000, AbortSignal.timeout(60_000));
  assertEquals(asked(), 2);
});

Deno.test("a node that settled while its health was read is not idle yet: the parts of a health are of different moments", async () => {
  let settledAt = performance.now() - 1_000;
  const settledMeanwhile = () => {
    settledAt = performance.now();
    return idle;
  };
  const { backend, asked } = answering(settledMeanwhile, busy, idle);
  await waitUntilIdle(backend, () => performance.now() - settledAt, AbortSignal.timeout(60_000));
  assertEquals(asked(), 3);
});

Deno.test("what waits for a paused processor keeps no node from being idle, and what waits for others does", async () => {
  const pauses = [{
    kind: "processor",
    name: "intake",
    by: "ann",
    why: "wrong table",
    at: "2026-03-02T10:00:00Z",
  }];
  const elsewhere = { ...mailbox, processor: "decision", pending: 1 };
  const others = { ...busy, mailboxes: [...busy.mailboxes, elsewhere], pauses } as unknown as Health;
  const { backend, asked } = answering(busy, others, { ...busy, pauses } as unknown as Health);
  await waitUntilIdle(backend, () => 1_000, AbortSignal.timeout(60_000));
  assertEquals(asked(), 3);
});
