/** Conformance: the chain of hashes. @module */
import { assertEquals, assertNotEquals } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";

const verified = (backend: Backend) =>
  Promise.all(Array.from({ length: backend.partitions }, (_, p) => backend.chain.verify(p)));

export const hashChainCases: ConformanceCase[] = [
  {
    name: "blocks cover all that is stored, each behind the one before, and what comes later is in none yet",
    async run(fixture) {
      const backend = await fixture.harness.backend();
      await backend.append(Array.from({ length: 20 }, (_, n) => anEvent(`case-${n}`, n + 1)));
      await backend.chain.closeBlocks();
      const first = await verified(backend);
      await backend.append(Array.from({ length: 20 }, (_, n) => anEvent(`case-${n}`, n + 21)));
      const sum = (reports: typeof first, of: "events" | "uncovered") =>
        reports.reduce((total, report) => total + report[of], 0);
      const between = await verified(backend);
      const inNone = backend.chain.isContinuous ? 0 : 20;
      const seen = [sum(first, "events"), sum(between, "events"), sum(between, "uncovered")];
      assertEquals(seen, [20, 40 - inNone, inNone]);
      await backend.chain.closeBlocks();
      await backend.chain.closeBlocks();
      const last = await verified(backend);
      assertEquals(last.filter(({ broken }) => broken !== undefined), []);
      assertEquals([sum(last, "events"), sum(last, "uncovered")], [40, 0]);
      for (const [i, { blocks, head }] of first.entries()) {
        assertEquals((await backend.chain.verify(i, { blocks, head })).broken, undefined);
        if (blocks === 0) continue;
        const other = await backend.chain.verify(i, { blocks, head: "00".repeat(32) });
        assertNotEquals(other.broken, undefined);
      }
    },
  },
];
