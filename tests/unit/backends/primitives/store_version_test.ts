/** Which programs a store serves. @module */
import { assertEquals } from "@std/assert";
import { servesProgram } from "../../../../backends/primitives/store_version.ts";

Deno.test("a store serves programs of its version, and those of the version before where it says so", () => {
  const programsServed = (servesFrom: number) =>
    [1, 2, 3, 4, 5].filter((known) => servesProgram({ version: 4, servesFrom }, known));
  assertEquals(programsServed(4), [4]);
  assertEquals(programsServed(3), [3, 4]);
  assertEquals(programsServed(1), [3, 4]);
});
