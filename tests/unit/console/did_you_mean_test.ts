import { assertEquals } from "@std/assert";
import { didYouMean } from "../../../console/did_you_mean.ts";

const known = ["start", "dlq", "cases"];

Deno.test("didYouMean() names what is near", () => {
  assertEquals(didYouMean("strat", known), "did you mean start?");
  assertEquals(didYouMean("dlg", known, "--"), "did you mean --dlq?");
});

Deno.test("didYouMean() names what there is when nothing is near", () => {
  assertEquals(didYouMean("frobnicate", known, "--"), "there are --start, --dlq, --cases");
  assertEquals(didYouMean("xyz", known), "there are start, dlq, cases");
});
