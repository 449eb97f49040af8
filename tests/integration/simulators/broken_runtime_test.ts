/** A runtime that is broken on purpose: what it does wrong is found by a run without any fault. @module */
import { assert, assertEquals } from "@std/assert";
import { linesOf } from "../../../backends/mailbox/batch.ts";
import type { Mailbox, Settlement } from "../../../backends/mailbox/mailbox.ts";
import { decodeLines, encodeLines } from "../../../schema/delivery_line.ts";
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import { runOnTestbed, type RunResult } from "../../../simulators/chaos/run_scenario.ts";
import { openInMemory } from "../../../simulators/chaos/testbed/open_testbed.ts";
import { overrideMailboxes } from "../../support/overridden_backend.ts";

const calm = scenarios.find(({ name }) => name === "calm")!;

async function run(filter: (mailbox: Mailbox) => Partial<Mailbox>): Promise<RunResult> {
  const testbed = await openInMemory({ seed: "planted", perSecond: 200 }, overrideMailboxes(filter));
  try {
    const { signal } = new AbortController();
    const times = { seed: "planted", perSecond: 200, durationMs: 500, onPhase() {}, signal };
    return await runOnTestbed(testbed, calm, { ...times, backend: "memory", server: undefined });
  } finally {
    await testbed.tearDown();
  }
}

function brokenBy({ findings }: RunResult): string[] {
  return findings.filter(({ broken }) => broken.length > 0).map(({ invariant }) => invariant);
}

/** The mailbox, with what is settled changed. */
function settling(change: (settlement: Settlement) => Settlement) {
  return (mailbox: Mailbox): Partial<Mailbox> => ({
    settle: (batch, settlement) => mailbox.settle(batch, change(settlement)),
  });
}

/** The mailbox, with the lines of its batches changed. */
function delivering(change: (lines: string[]) => string[]) {
  return (mailbox: Mailbox): Partial<Mailbox> => ({
    async *batches(signal, permits) {
      for await (const batch of mailbox.batches(signal, permits)) {
        const lines = change(linesOf(batch));
        yield { ...batch, lines: encodeLines(lines), count: lines.length };
      }
    },
  });
}

/** The same output under an id of its own. */
function underAnotherId(line: string): string {
  return line.replace(/\t[0-9a-f-]{36}\t/, `\t${crypto.randomUUID()}\t`);
}

Deno.test("a runtime that is not broken passes", async () => {
  assertEquals((await run(() => ({}))).failures, []);
});

Deno.test("a runtime that loses outputs is caught (I1)", async () => {
  assert(
    brokenBy(await run(settling((settlement) => ({ ...settlement, outputs: new Uint8Array() })))).includes(
      "I1",
    ),
  );
});

Deno.test("a runtime that skips deliveries is caught (I1)", async () => {
  const skip = delivering((lines) => lines.length > 1 ? lines.slice(1) : lines);
  assert(brokenBy(await run(skip)).includes("I1"));
});

Deno.test("a runtime whose second tries have other ids is caught (I2)", async () => {
  const twice = settling((settlement) => {
    const lines = decodeLines(settlement.outputs);
    return { ...settlement, outputs: encodeLines([...lines, ...lines.map(underAnotherId)]) };
  });
  assert(brokenBy(await run(twice)).includes("I2"));
});

Deno.test("a runtime that handles a case out of order is caught (I3)", async () => {
  assert(brokenBy(await run(delivering((lines) => lines.toReversed()))).includes("I3"));
});
