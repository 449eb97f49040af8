import { assertEquals } from "@std/assert";
import { SharedLock } from "../../../../backends/primitives/shared_lock.ts";

/** Who is inside, and who has asked, as they come and go. */
function scene() {
  const exclusion = new SharedLock();
  const inside: string[] = [];
  const doors = new Map<string, () => void>();
  return {
    inside,
    async asks(name: string, alone: boolean) {
      exclusion.acquire(alone).then((leave) => (inside.push(name), doors.set(name, leave)));
      await Promise.resolve();
    },
    async leaves(name: string) {
      doors.get(name)!();
      inside.splice(inside.indexOf(name), 1);
      await Promise.resolve();
    },
  };
}

Deno.test("those who share are inside together; who is alone waits for them, and keeps later ones out", async () => {
  const { inside, asks, leaves } = scene();
  await asks("a", false);
  await asks("b", false);
  await asks("alone", true);
  await asks("c", false);
  assertEquals(inside, ["a", "b"]);
  await leaves("a");
  assertEquals(inside, ["b"]);
  await leaves("b");
  assertEquals(inside, ["alone"]);
  await leaves("alone");
  assertEquals(inside, ["c"]);
});

Deno.test("two who want to be alone are so one after the other", async () => {
  const { inside, asks, leaves } = scene();
  await asks("first", true);
  await asks("second", true);
  assertEquals(inside, ["first"]);
  await leaves("first");
  assertEquals(inside, ["second"]);
});
