/** Conformance: what a store counts for monitoring. @module */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Backend } from "../../../backends/backend.ts";
import { NotAllowed } from "../../../backends/errors.ts";
import { storeRow } from "../../../schema/delivery_line.ts";
import { anEvent } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import { settlement } from "../outcomes.ts";

async function storedOf(backend: Backend): Promise<Record<string, number>> {
  return Object.fromEntries([...(await backend.measure()).stored].filter(([, count]) => count > 0));
}

export const measurementCases: ConformanceCase[] = [
  {
    name: "measure() counts what is stored since its first call, by type, once each, whoever stores it (I8)",
    async run(fixture) {
      const { backend, cases: [a, b], reader } = await fixture.setUp(2, 1);
      const other = await fixture.harness.backend("second");
      assertEquals(await storedOf(backend), {});
      await other.append([anEvent(a!, 2, "case.decision"), anEvent(b!, 2)]);
      await other.append([anEvent(b!, 2)]);
      assertEquals(await storedOf(backend), { "case.decision": 1, "case.intake": 1 });
      await backend.append([anEvent(b!, 3)]);
      const batch = await reader.next();
      await reader.mailbox.settle(
        batch,
        settlement({ outputs: [storeRow(anEvent(a!, 4, "case.completed"), 0)] }),
      );
      const after = { "case.decision": 1, "case.intake": 2, "case.completed": 1 };
      assertEquals(await storedOf(backend), after);
      assertEquals(await storedOf(backend), after);
    },
  },
  {
    name:
      "measure() counts what was not allowed since its first call, whoever was refused and at which door (I8)",
    async run(fixture) {
      const { backend } = await fixture.setUp(1, 1);
      const other = await fixture.harness.backend("second");
      const refused = async () => (await backend.measure()).refused;
      await assertRejects(() => other.append([anEvent("c", 2, "case.debt_forgiven")]), NotAllowed);
      assertEquals(await refused(), 0);
      await assertRejects(() => other.append([anEvent("c", 2, "case.debt_forgiven")]), NotAllowed);
      await backend.producers.change("cak", { allow: ["case.withdrawn"] }, { by: "b.baas", why: "agreed" });
      assertEquals(await refused(), 1);
      await backend.producers.recordRefusal("Not allowed: at another door", "cak");
      assertEquals([await refused(), await refused(), await refused()], [2, 2, 2]);
    },
  },
  {
    name: "measure() has finite figures of the server alone, and nothing of a case in them (I8)",
    async run(fixture) {
      const { backend } = await fixture.setUp(1, 1);
      const { figures } = await backend.measure();
      for (const [name, value] of Object.entries(figures)) {
        assert(/^[a-z_]+$/.test(name) && Number.isFinite(value), `${name} is ${value}`);
      }
    },
  },
];
