import { assertEquals } from "@std/assert";
import { suggest } from "../../../../console/cli/suggest.ts";

const known = ["start", "dlq", "cases"];

Deno.test("suggest() names what is near", () => {
  assertEquals(suggest("strat", known), "did you mean start?");
  assertEquals(suggest("dlg", known, "--"), "did you mean --dlq?");
});

Deno.test("suggest() names what there is when nothing is near", () => {
  assertEquals(suggest("frobnicate", known, "--"), "there are --start, --dlq, --cases");
  assertEquals(suggest("xyz", known), "there are start, dlq, cases");
});
