import { assertEquals } from "@std/assert";
import { SharedLock } from "../../../../backends/primitives/shared_lock.ts";

/** A lock, and who holds it. */
function lockWithHolders() {
  const lock = new SharedLock();
  const holders: string[] = [];
  const releases = new Map<string, () => void>();
  return {
    holders,
    async acquire(name: string, exclusive: boolean) {
      const acquired = exclusive ? lock.acquireExclusive() : lock.acquireShared();
      acquired.then((release) => (holders.push(name), releases.set(name, release)));
      await Promise.resolve();
    },
    async release(name: string) {
      releases.get(name)!();
      holders.splice(holders.indexOf(name), 1);
      await Promise.resolve();
    },
  };
}

Deno.test("shared holders hold the lock at once; an exclusive one waits for them, and later ones wait for it", async () => {
  const { holders, acquire, release } = lockWithHolders();
  await acquire("a", false);
  await acquire("b", false);
  await acquire("alone", true);
  await acquire("c", false);
  assertEquals(holders, ["a", "b"]);
  await release("a");
  assertEquals(holders, ["b"]);
  await release("b");
  assertEquals(holders, ["alone"]);
  await release("alone");
  assertEquals(holders, ["c"]);
});

Deno.test("two exclusive holders follow each other", async () => {
  const { holders, acquire, release } = lockWithHolders();
  await acquire("first", true);
  await acquire("second", true);
  assertEquals(holders, ["first"]);
  await release("first");
  assertEquals(holders, ["second"]);
});
