import { assertEquals } from "@std/assert";
import { instantOf, localText } from "../../../../../../console/web/data/replay/dutch_time.ts";

const iso = (text: string) => {
  const at = instantOf(text);
  return at === undefined ? undefined : new Date(at).toISOString();
};

Deno.test("a text of a form is a moment by the clock of the Netherlands, in winter and in summer", () => {
  assertEquals(iso("2026-12-01T09:00"), "2026-12-01T08:00:00.000Z");
  assertEquals(iso("2026-07-01T09:00:30"), "2026-07-01T07:00:30.000Z");
  assertEquals(iso("2026-03-29T01:59"), "2026-03-29T00:59:00.000Z");
  assertEquals(iso("2026-03-29T03:00"), "2026-03-29T01:00:00.000Z");
  assertEquals(iso("2026-10-25T03:30"), "2026-10-25T02:30:00.000Z");
});

Deno.test("a time with its zone is taken as it is, and other texts are none", () => {
  assertEquals(iso("2026-12-01T09:00:00Z"), "2026-12-01T09:00:00.000Z");
  for (const text of ["", "tomorrow", "2026-13-01T09:00", "2026-12-01", "now Z"]) {
    assertEquals(iso(text), undefined, text);
  }
});

Deno.test("a moment is written as the form that asked for it has it", () => {
  for (const text of ["2026-12-01T09:00:00", "2026-07-01T23:59:59"]) {
    assertEquals(localText(instantOf(text)!), text);
  }
});
