/** The guardian's part of the command line. @module */
import { assert, assertEquals } from "@std/assert";
import { GUARDED, needsGuardian, nodeEnvironment } from "../../../../console/node/guarded_start.ts";

Deno.test("a start gets a guardian, but for the node itself and for help", () => {
  assertEquals(Deno.env.get(GUARDED), undefined);
  assertEquals(
    [["start", "--json"], ["start", "--help"], ["start", "-h"], ["cases", "list"], []].map(needsGuardian),
    [
      true,
      false,
      false,
      false,
      false,
    ],
  );
  Deno.env.set(GUARDED, "1");
  try {
    assertEquals(needsGuardian(["start"]), false);
  } finally {
    Deno.env.delete(GUARDED);
  }
});

Deno.test("the node runs in a small heap, and knows that it is guarded", () => {
  assertEquals(nodeEnvironment[GUARDED], "1");
  assert(nodeEnvironment.DENO_V8_FLAGS!.includes("--max-semi-space-size=8"));
});
