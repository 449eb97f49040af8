/** A runtime that is broken on purpose: what it does wrong is found by a run without any fault. @module */
import { assert, assertEquals } from "@std/assert";
import { linesOf } from "../../../backends/mailbox/batch.ts";
import type { Mailbox } from "../../../backends/mailbox/mailbox.ts";
import { decodeLines, encodeLines } from "../../../schema/delivery_line.ts";
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import { type RunResult, runScenario } from "../../../simulators/chaos/run_scenario.ts";
import { overrideFeeds, overrideMailboxes } from "../../support/overridden_backend.ts";

const calm = scenarios.find(({ name }) => name === "calm")!;

function run(filter: (mailbox: Mailbox) => Partial<Mailbox>): Promise<RunResult> {
  const { signal } = new AbortController();
  const load = { seed: "planted", perSecond: 200, durationMs: 500, onPhase() {}, signal };
  const wrapStore = overrideMailboxes(filter);
  return runScenario(calm, { ...load, backend: "memory", server: undefined, nodeEntry: "", wrapStore });
}

function brokenBy({ findings }: RunResult): string[] {
  return findings.filter(({ broken }) => broken.length > 0).map(({ invariant }) => invariant);
}

/** The mailbox, with what its settlements and passes store changed. */
function withOutputs(change: (outputs: Uint8Array) => Uint8Array) {
  const changed = <T extends { readonly outputs: Uint8Array }>(settlement: T): T => ({
    ...settlement,
    outputs: change(settlement.outputs),
  });
  return (mailbox: Mailbox): Partial<Mailbox> => ({
    settle: (batch, settlement) => mailbox.settle(batch, changed(settlement)),
    passes: overrideFeeds(mailbox.passes, (feed) => ({
      commit: (settlement, signal) => feed.commit(changed(settlement), signal),
    })),
  });
}

/** The mailbox, with the lines of its batches and passes changed. */
function withLines(change: (lines: string[]) => string[]) {
  return (mailbox: Mailbox): Partial<Mailbox> => ({
    async *batches(signal, permits) {
      for await (const batch of mailbox.batches(signal, permits)) {
        const lines = change(linesOf(batch));
        yield { ...batch, lines: encodeLines(lines), count: lines.length };
      }
    },
    passes: overrideFeeds(mailbox.passes, (feed) => ({
      async fetch(signal) {
        const fetched = await feed.fetch(signal);
        const lines = change(linesOf(fetched));
        return { ...fetched, lines: encodeLines(lines), count: lines.length };
      },
    })),
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
    brokenBy(await run(withOutputs(() => new Uint8Array()))).includes("I1"),
  );
});

Deno.test("a runtime that skips deliveries is caught (I1)", async () => {
  const skip = withLines((lines) => lines.length > 1 ? lines.slice(1) : lines);
  assert(brokenBy(await run(skip)).includes("I1"));
});

Deno.test("a runtime whose second tries have other ids is caught (I2)", async () => {
  const twice = withOutputs((outputs) => {
    const lines = decodeLines(outputs);
    return encodeLines([...lines, ...lines.map(underAnotherId)]);
  });
  assert(brokenBy(await run(twice)).includes("I2"));
});

Deno.test("a runtime that handles a case out of order is caught (I3)", async () => {
  assert(brokenBy(await run(withLines((lines) => lines.toReversed()))).includes("I3"));
});
