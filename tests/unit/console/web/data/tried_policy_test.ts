import { assert, assertEquals, assertRejects } from "@std/assert";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../../../../backends/memory/memory_store.ts";
import { triedPolicyOf, tryOnLatest } from "../../../../../console/web/data/tried_policy.ts";
import { Problem } from "../../../../../console/web/problem.ts";
import { recordedEvents } from "../../../../support/what_if/recorded_history.ts";

Deno.test("a query that names no bound, or the one in effect, asks for the policy as it is", () => {
  for (const query of ["", "forgive_max=500", "forgive_max=500&missed_max=2"]) {
    const { candidate, changes, fault } = triedPolicyOf(new URLSearchParams(query));
    assertEquals([candidate, changes, fault], [undefined, [], undefined]);
  }
});

Deno.test("a query that names other bounds is a candidate, and one out of range is named", () => {
  const { candidate, changes, asked } = triedPolicyOf(new URLSearchParams("forgive_max=250.5&missed_max=2"));
  assertEquals(candidate?.policy?.forgiveMax, 25_050);
  assertEquals([changes, asked.forgive_max], [["forgive_max 500 → 250.5"], "250.5"]);
  const wrong = triedPolicyOf(new URLSearchParams("missed_max=0"));
  assertEquals([wrong.candidate, wrong.fault], [undefined, "missed_max: must be times from 1 to 12"]);
  assert(triedPolicyOf(new URLSearchParams("missed_max=many")).fault?.startsWith("missed_max: "));
});

Deno.test("a policy is tried on the latest cases, one at a time", async () => {
  const shared = new MemoryStore();
  shared.append(recordedEvents({ seed: "page", count: 40, lived: true }), "any");
  const backend = createMemoryBackend({ shared });
  const trying = tryOnLatest(backend, { policy: { capacityShare: 0.5 } }, ["capacity_share 1 → 0.5"]);
  await assertRejects(() => tryOnLatest(backend, {}, []), Problem);
  const { cases, mode, changes } = await trying;
  assertEquals([cases, mode, changes], [40, "decisions", ["capacity_share 1 → 0.5"]]);
  assertEquals((await tryOnLatest(backend, {}, [])).differences, 0);
  await backend.close();
});
