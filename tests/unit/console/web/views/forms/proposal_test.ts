/** A claim above the bound in the console: one person proposes, another approves. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createMemoryBackend } from "../../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../../backends/memory/memory_store.ts";
import { anEvent } from "../../../../../support/events.ts";
import { ServedConsole } from "../../../../../support/servers/served_console.ts";

function review() {
  const event = anEvent("zaak", 3, "case.review_requested");
  const rules = [{ id: "review/identity", version: "1", source: "Policy" }];
  return { ...event, data: { ...event.data, rules } };
}

/** A claim of € 1,250.50 on which a review is open. */
function withReview(): ServedConsole {
  const shared = new MemoryStore();
  shared.append(
    [anEvent("zaak", 1), anEvent("zaak", 2, "case.analysis"), review()],
    "any",
  );
  return new ServedConsole({ backend: createMemoryBackend({ shared }) });
}

const form = (version: number, csrf: string) => ({
  case: "zaak",
  version: String(version),
  decision: "forgive",
  reason: "no means",
  csrf,
});

Deno.test("who may decide proposes, is refused alone, and somebody else approves", async () => {
  await using served = withReview();
  const one = served.signIn("caseworker");
  const alone = await served.submit("/review/decide", one.cookie, form(3, one.csrf));
  assertEquals(alone.status, 409);
  assertStringIncludes(alone.body, "a second person must decide");
  assertStringIncludes(alone.body, "no means");
  const proposed = await served.submit("/review/propose", one.cookie, form(3, one.csrf));
  assertEquals([proposed.status, proposed.headers.get("location")?.includes("done=proposed")], [303, true]);

  const own = served.signIn("approver");
  const approval = { case: "zaak", version: "4" };
  const same = await served.submit("/review/approve", own.cookie, { ...approval, csrf: own.csrf });
  assertEquals(same.status, 409);
  assertStringIncludes(same.body, "You proposed this");
  assert(!same.body.includes(`action="/review/approve"`));

  const other = served.signInAs("p.bakker", "approver");
  const page = await served.ask("/review?case=zaak", {
    headers: { cookie: other.cookie, accept: "text/html" },
  });
  assertStringIncludes(page.body, "j.jansen proposes");
  assertStringIncludes(page.body, `action="/review/approve"`);
  const stale = await served.submit("/review/approve", other.cookie, {
    ...approval,
    version: "3",
    csrf: other.csrf,
  });
  assertEquals(stale.status, 409);
  const approved = await served.submit("/review/approve", other.cookie, { ...approval, csrf: other.csrf });
  assertEquals(approved.status, 303);
  const last = (await Array.fromAsync(served.backend.readCase("zaak"))).at(-1)!.event;
  assertEquals(
    [last.event_type, last.data.decision, last.data.decided_by, last.data.proposed_by],
    ["case.decision", "forgive", "p.bakker", "j.jansen"],
  );
  assertEquals(served.failures, []);
});

Deno.test("a viewer sees no proposal and may not approve, and neither may a caseworker", async () => {
  await using served = withReview();
  const one = served.signIn("caseworker");
  await served.submit("/review/propose", one.cookie, form(3, one.csrf));
  for (const role of ["viewer", "caseworker"] as const) {
    const { cookie, csrf } = served.signInAs("p.bakker", role);
    const { status } = await served.submit("/review/approve", cookie, { case: "zaak", version: "4", csrf });
    assertEquals(status, 403, role);
  }
  const viewer = served.signInAs("v.kijker", "viewer");
  const page = await served.ask("/cases/zaak", { headers: { cookie: viewer.cookie, accept: "text/html" } });
  assertEquals([page.status, page.body.includes("proposes:")], [200, false]);
});
