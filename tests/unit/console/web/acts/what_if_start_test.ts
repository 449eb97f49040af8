import { assertEquals, assertStringIncludes } from "@std/assert";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../backends/memory/memory_store.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";
import { STORE_TRAIL } from "../../../../../backends/dead_letters.ts";
import { recordedEvents } from "../../../../support/what_if/recorded_history.ts";

function servedHistory(): ServedConsole {
  const shared = new MemoryStore();
  shared.append(recordedEvents({ seed: "page", count: 60, lived: true }), "any");
  return new ServedConsole({ backend: createMemoryBackend({ shared }) });
}

const html = { accept: "text/html" };

Deno.test("a policy is tried on everything in the background, with who and why in the trail, and its outcome is handed out", async () => {
  await using served = servedHistory();
  const { cookie, csrf } = served.signIn("approver");
  const fields = { csrf, capacity_share: "0.5", forgive_max: "500", reason: "The council asks" };
  const begun = await served.submit("/what-if/runs", cookie, fields);
  assertEquals(begun.status, 303);
  const { pathname } = new URL(begun.headers.get("location")!, "http://x");
  const trail = (await served.backend.audit(STORE_TRAIL)).map(({ act, by, why }) => [act, by, why]);
  assertEquals(trail, [["what_if_start", "j.jansen", "capacity_share 1 → 0.5: The council asks"]]);
  await served.runs.idle();
  const other = served.signInAs("a.ndere", "auditor");
  const ask = (path: string, accept = "text/html") =>
    served.ask(path, { headers: { accept, cookie: other.cookie } });
  assertStringIncludes((await ask("/what-if")).body, `href="${pathname}"`);
  const shown = await ask(pathname);
  assertStringIncludes(shown.body, "of 60 cases would get another decision");
  assertStringIncludes(shown.body, "The council asks");
  assertStringIncludes((await ask(`${pathname}?cell=1`)).body, "Cases of this change");
  const { run, share, result } = JSON.parse((await ask(pathname, "application/json")).body);
  assertEquals([run.state, share, result.cases], ["done", 1, 60]);
  for (const [format, start] of [["html", "<!doctype html>"], ["md", "# What if"], ["json", "{"]] as const) {
    const { headers, body } = await ask(`${pathname}?as=${format}`);
    assertEquals(headers.get("content-disposition"), `attachment; filename="what-if.${format}"`);
    assertEquals(body.toLowerCase().startsWith(start.toLowerCase()), true, format);
  }
  assertEquals(served.failures, []);
});

Deno.test("what is no policy, no part of the cases, the policy as it is, or without a reason begins nothing", async () => {
  await using served = servedHistory();
  const { cookie, csrf } = served.signIn("admin");
  const reason = "because";
  const refused: readonly Record<string, string>[] = [
    { missed_max: "0", reason },
    { missed_max: "1", reason, sample: "all of them" },
    { reason },
    { missed_max: "1" },
  ];
  for (const fields of refused) {
    const { status } = await served.submit("/what-if/runs", cookie, { csrf, ...fields });
    assertEquals(status, 422, JSON.stringify(fields));
  }
  assertEquals([await served.runs.list(), await served.backend.audit(STORE_TRAIL)], [[], []]);
  for (const id of ["none", "..%2F..%2Fetc%2Fpasswd", "%2e%2e"]) {
    assertEquals((await served.ask(`/what-if/runs/${id}`, { headers: { ...html, cookie } })).status, 404, id);
  }
  const cancelled = await served.submit("/what-if/runs/cancel", cookie, { csrf, id: "../runs", reason });
  assertEquals(cancelled.status, 409);
  assertEquals(served.failures, []);
});
