import { assertEquals, assertMatch } from "@std/assert";
import { describeDurability } from "../../../../../backends/postgres/operations/durability.ts";

Deno.test("durability follows from the settings that postpone or skip a write to the disk", () => {
  const settings = { fsync: "on", commit: "on", standbys: "" };
  const described = [settings, { ...settings, fsync: "off" }, { ...settings, commit: "off" }].map(
    describeDurability,
  );
  assertEquals(described.map(({ survivesPowerFailure }) => survivesPowerFailure), [true, false, false]);
  assertMatch(described[1]!.durability, /fsync is off/);
  assertMatch(described[2]!.durability, /synchronous_commit is off/);
});
