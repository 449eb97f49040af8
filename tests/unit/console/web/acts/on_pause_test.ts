/** Pausing, draining and trying at once on the pages, without a script. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { STORE_TRAIL } from "../../../../../backends/dead_letters.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../backends/memory/memory_store.ts";
import { anEvent } from "../../../../support/events.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";

const html = { accept: "text/html" };
const WHY = { reason: "table v8 is wrong" };

/** A store that a node has worked on: each processor has its mailboxes there. */
function knownStore(): MemoryStore {
  const shared = new MemoryStore({ partitions: 2 });
  shared.leases.registerProcessor("intake", ["case.intake"]);
  shared.leases.nodes.set("node-7", { seenAt: Date.now() + 60_000, processors: ["intake"] });
  return shared;
}

Deno.test("an operator pauses a processor with a reason, everyone sees who did, and it is resumed", async () => {
  await using served = new ServedConsole({ backend: createMemoryBackend({ shared: knownStore() }) });
  const { cookie, csrf } = served.signIn("operator");
  const fields = { csrf, name: "intake" };
  const unreasoned = await served.submit("/processors/pause", cookie, fields);
  assertEquals([unreasoned.status, await served.backend.pauses.list()], [422, []]);
  const paused = await served.submit("/processors/pause", cookie, { ...fields, ...WHY });
  assertEquals([paused.status, paused.headers.get("location")], [303, "/processors?done=paused&n=1"]);
  const again = await served.submit("/processors/pause", cookie, { ...fields, ...WHY });
  assertEquals(again.status, 409);
  const viewer = served.signIn("viewer");
  for (const language of ["nl", "en"]) {
    const headers = { ...html, "accept-language": language, cookie: viewer.cookie };
    const [page, overview] = [
      await served.ask("/processors", { headers }),
      await served.ask("/", { headers }),
    ];
    assertStringIncludes(
      page.body,
      language === "nl" ? "1 processor is gepauzeerd" : "1 processor is paused",
    );
    assertMatch(page.body, /j\.jansen, [^:]+:\d\d: table v8 is wrong/);
    assertEquals(
      page.body.includes('<form method="post" action="/processors'),
      false,
      "a viewer acts on nothing",
    );
    assertStringIncludes(
      overview.body,
      language === "nl" ? "gepauzeerd, door j.jansen" : "paused, by j.jansen",
    );
  }
  const list = await served.ask("/processors", {
    headers: { accept: "application/json", cookie: viewer.cookie },
  });
  const [{ name, state, paused_by }] = JSON.parse(list.body).processors;
  assertEquals([name, state, paused_by], ["intake", "paused", "j.jansen"]);
  assertEquals((await served.submit("/processors/resume", cookie, { ...fields, ...WHY })).status, 303);
  const acts = (await served.backend.audit(STORE_TRAIL)).map(({ act, by }) => [act, by]);
  assertEquals(acts, [["processor_pause", "j.jansen"], ["processor_resume", "j.jansen"]]);
  assertEquals(served.failures, []);
});

Deno.test("an operator drains a node that is there, and no other", async () => {
  await using served = new ServedConsole({ backend: createMemoryBackend({ shared: knownStore() }) });
  const { cookie, csrf } = served.signIn("operator");
  const unknown = await served.submit("/nodes/drain", cookie, { csrf, name: "node-8", ...WHY });
  assertEquals([unknown.status, await served.backend.pauses.list()], [409, []]);
  const warned = await served.ask("/processors", { headers: { ...html, cookie } });
  assertStringIncludes(warned.body, "No other node takes work");
  assertEquals((await served.submit("/nodes/drain", cookie, { csrf, name: "node-7", ...WHY })).status, 303);
  const page = await served.ask("/processors", { headers: { ...html, cookie } });
  assertStringIncludes(page.body, "Drained");
  assertEquals((await served.submit("/nodes/resume", cookie, { csrf, name: "node-7", ...WHY })).status, 303);
  assertEquals(await served.backend.pauses.list(), []);
});

Deno.test("what is parked is tried at once where its number is the one that was confirmed", async () => {
  const shared = knownStore();
  await using served = new ServedConsole({ backend: createMemoryBackend({ shared }) });
  for (const caseId of ["a", "b"]) await served.backend.append([anEvent(caseId, 1)]);
  const subscription = shared.leases.of("intake")[0]!;
  const failure = { class: "TypeError", message: "no table", at: "2026-01-01T00:00:00Z" };
  for (const { caseId, position, eventId } of shared.log.entries) {
    const waiting = {
      position,
      eventId,
      state: "retry",
      attempts: 1,
      failures: [failure],
      dueAt: 4e12,
      since: 0,
    } as const;
    subscription.parked.set(caseId, [waiting]);
  }
  const { cookie, csrf } = served.signIn("operator");
  const page = await served.ask("/stuck", { headers: { ...html, cookie } });
  assertStringIncludes(page.body, "Try all 2 now");
  const fields = { csrf, group: "intake:TypeError", ...WHY };
  assertEquals((await served.submit("/stuck/retry", cookie, { ...fields, count: "3" })).status, 409);
  assertEquals((await served.backend.parked.list()).every(({ dueAt }) => dueAt > "2090"), true);
  const done = await served.submit("/stuck/retry", cookie, { ...fields, count: "2" });
  assertEquals(done.headers.get("location"), "/stuck?done=hastened&n=2");
  assertEquals((await served.backend.parked.list()).some(({ dueAt }) => dueAt > "2090"), false);
  assertEquals(served.failures, []);
});
