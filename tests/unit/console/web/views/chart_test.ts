/** The place of a case in the workflow, as its page shows it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { listCases } from "../../../../../actors/case_list.ts";
import { anEvent } from "../../../../support/events.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";

Deno.test("the page of a case shows where it stands, its way, what would lead on and how many cases stand where", async () => {
  await using served = new ServedConsole();
  for (const id of ["one", "two"]) await served.backend.append([anEvent(id, 1)], "any");
  const { cookie } = served.signIn("caseworker");
  const ask = async (path: string) =>
    (await served.ask(path, { headers: { cookie, accept: "text/html" } })).body;

  const without = await ask("/cases/one");
  assertStringIncludes(without, "Place in the workflow");
  assertStringIncludes(without, `<b>stands here</b> <a href="?v=1">version 1</a>`);
  assertStringIncludes(without, "by: model assessed it");
  assert(!without.includes("state=received"), "nothing keeps a read model yet");

  await listCases(served.backend);
  assertStringIncludes(await ask("/cases/one"), `<a href="/cases?state=received">2 now</a>`);
  assertEquals(served.failures, []);
});
