import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Backend } from "../../../../../backends/backend.ts";
import { STORE_TRAIL } from "../../../../../backends/dead_letters.ts";
import type { ReplayRange } from "../../../../../backends/event_store.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../backends/memory/memory_store.ts";
import { ServedConsole } from "../../../../support/servers/served_console.ts";
import { recordedEvents } from "../../../../support/what_if/recorded_history.ts";

/** A history that is read to its end once it is let go on. */
function heldHistory(released: Promise<void>): Backend {
  const shared = new MemoryStore();
  shared.append(recordedEvents({ seed: "page", count: 10, lived: true }), "any");
  const backend = createMemoryBackend({ shared });
  const readAll = async function* (range: ReplayRange = {}) {
    if (range.types !== undefined) await released;
    yield* backend.readAll(range);
  };
  return new Proxy(backend, {
    get: (target, name) => {
      if (name === "readAll") return readAll;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("a run under way is seen by others, who cancel it with a reason that is kept", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using served = new ServedConsole({ backend: heldHistory(promise) });
  const asker = served.signInAs("a.sker", "approver");
  const other = served.signInAs("o.ther", "auditor");
  const fields = { csrf: asker.csrf, missed_max: "1", reason: "The council asks" };
  const begun = await served.submit("/what-if/runs", asker.cookie, fields);
  const { pathname } = new URL(begun.headers.get("location")!, "http://x");
  const again = await served.submit("/what-if/runs", other.cookie, { ...fields, csrf: other.csrf });
  assertEquals(again.status, 409);
  assertStringIncludes(again.body, "Another run is under way");
  const seen = (await served.ask(pathname, { headers: { accept: "text/html", cookie: other.cookie } })).body;
  assertStringIncludes(seen, "Under way");
  assertStringIncludes(seen, 'action="/what-if/runs/cancel"');
  const cancel = { csrf: other.csrf, id: pathname.split("/").at(-1)! };
  assertEquals((await served.submit("/what-if/runs/cancel", other.cookie, cancel)).status, 422);
  const withReason = { ...cancel, reason: "It was the wrong bound" };
  assertEquals((await served.submit("/what-if/runs/cancel", other.cookie, withReason)).status, 303);
  resolve();
  await served.runs.idle();
  const after = (await served.ask(pathname, { headers: { accept: "text/html", cookie: asker.cookie } })).body;
  assertStringIncludes(after, "cancelled by o.ther: It was the wrong bound");
  assertEquals((await served.submit("/what-if/runs/cancel", other.cookie, withReason)).status, 409);
  const trail = (await served.backend.audit(STORE_TRAIL)).map(({ act, by }) => [act, by]);
  assertEquals(trail, [["what_if_start", "a.sker"], ["what_if_cancel", "o.ther"]]);
  assertEquals(served.failures, []);
});
