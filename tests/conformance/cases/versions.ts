/** Conformance: expected versions, the optimistic lock of a case. @module */
import { assertEquals, assertRejects } from "@std/assert";
import { VersionConflict } from "../../../backends/errors.ts";
import { anEvent, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { collect, idsOf } from "../fixture.ts";

export const versionCases: ConformanceCase[] = [
  {
    name: "append() expecting a new case succeeds once",
    async run({ harness }) {
      const backend = await harness.backend();
      assertEquals((await backend.append(someEvents("a", 2), "none")).version, 2);
      const conflict = await assertRejects(() => backend.append([anEvent("a", 3)], "none"), VersionConflict);
      assertEquals([conflict.caseId, conflict.expected, conflict.actual], ["a", "none", 2]);
    },
  },
  {
    name: "append() expecting a version succeeds at that version only, and the conflict names both",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append(someEvents("a", 2));
      for (const exact of [0, 1, 3]) {
        const append = () => backend.append([anEvent("a", 3)], { exact });
        const conflict = await assertRejects(append, VersionConflict);
        assertEquals([conflict.expected, conflict.actual], [{ exact }, 2]);
      }
      assertEquals((await backend.append([anEvent("a", 3)], { exact: 2 })).version, 3);
      assertEquals((await backend.append([anEvent("b", 1)], { exact: 0 })).version, 1);
      assertEquals((await collect(backend.readCase("a"))).length, 3);
    },
  },
  {
    name: "of concurrent appends that expect the same version one wins",
    async run({ harness }) {
      const nodes = [await harness.backend("one"), await harness.backend("two")];
      await nodes[0]!.append([anEvent("a", 1)]);
      const tries = Array.from({ length: 10 }, (_, i) => {
        return nodes[i % 2]!.append([anEvent("a", 2 + i)], { exact: 1 });
      });
      const results = await Promise.allSettled(tries);
      const refused = results.filter((r) => r.status === "rejected").map((r) => r.reason);
      assertEquals(refused.length, 9);
      assertEquals(
        refused.map((e) => [e instanceof VersionConflict, e.actual]),
        refused.map(() => [true, 2]),
      );
      assertEquals((await collect(nodes[0]!.readCase("a"))).length, 2);
    },
  },
  {
    name: "an append with an expected version that is tried again after it was stored succeeds",
    async run({ harness }) {
      const backend = await harness.backend();
      const first = await backend.append(someEvents("a", 2), "none");
      assertEquals(await backend.append(someEvents("a", 2), "none"), { ...first, stored: 0, duplicates: 2 });
      await backend.append([anEvent("a", 3)], { exact: 2 });
      const again = await backend.append([anEvent("a", 3)], { exact: 2 });
      assertEquals([again.stored, again.duplicates, again.version], [0, 1, 3]);
    },
  },
  {
    name: "an append of which only a part is stored must meet its expected version",
    async run({ harness }) {
      const backend = await harness.backend();
      await backend.append(someEvents("a", 2));
      await assertRejects(() => backend.append(someEvents("a", 3), "none"), VersionConflict);
      assertEquals((await backend.append(someEvents("a", 3), { exact: 2 })).stored, 1);
      assertEquals(idsOf(await collect(backend.readCase("a"))), someEvents("a", 3).map((e) => e.event_id));
    },
  },
  {
    name: "append() with an expected version refuses events of several cases",
    async run({ harness }) {
      const backend = await harness.backend();
      await assertRejects(() => backend.append([anEvent("a", 1), anEvent("b", 1)], "none"), TypeError);
      assertEquals(await collect(backend.readAll()), []);
    },
  },
];
