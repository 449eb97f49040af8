import { assert, assertEquals, assertRejects } from "@std/assert";
import { SharedDeadline } from "../../../../backends/primitives/shared_deadline.ts";

const MS = 40;
const late = () => new Error("late");
const never = new Promise<never>(() => {});
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("an answer in time is passed on, and its error too", async () => {
  const deadlines = new SharedDeadline(MS);
  assertEquals(await deadlines.race(Promise.resolve(1), late), 1);
  await assertRejects(() => deadlines.race(Promise.reject(new Error("no")), late), Error, "no");
  deadlines.close();
});

Deno.test("each question has its own deadline, though one timer looks after all", async () => {
  const deadlines = new SharedDeadline(MS);
  const waited = async () => {
    const began = performance.now();
    await assertRejects(() => deadlines.race(never, late), Error, "late");
    return performance.now() - began;
  };
  const first = waited();
  await after(MS / 2);
  const times = await Promise.all([first, waited()]);
  assert(times.every((ms) => ms >= MS - 2), `Waited ${times} ms`);
});

Deno.test("what was answered in time is not late afterwards, and nothing is left running", async () => {
  const deadlines = new SharedDeadline(MS);
  let calls = 0;
  const counted = () => (calls++, late());
  assertEquals(await deadlines.race(Promise.resolve("answer"), counted), "answer");
  // Whoever asks last is told last.
  await assertRejects(() => deadlines.race(never, late));
  assertEquals(calls, 0);
});
