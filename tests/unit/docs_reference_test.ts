/** docs/reference says what the code says. @module */
import { assertEquals } from "@std/assert";
import { REFERENCE, referencePages } from "../support/reference/generate.ts";

Deno.test("docs/reference is up to date (deno task docs:reference), and holds no other page", async () => {
  const pages = await referencePages();
  for (const [name, text] of Object.entries(pages)) {
    assertEquals(await Deno.readTextFile(new URL(name, REFERENCE)), text, `${name} is stale`);
  }
  const names = (await Array.fromAsync(Deno.readDir(REFERENCE))).map(({ name }) => name);
  assertEquals(names.sort(), Object.keys(pages).sort());
});
