/** The conformance suite: what every backend promises, as one list of cases. @module */
import { appendCases } from "./append.ts";
import { closingCases } from "./closing.ts";
import { concurrentAppendCases } from "./concurrency.ts";
import { deadLetterCases } from "./dead_letters.ts";
import { deliveryCases } from "./delivery.ts";
import type { Ability, Harness } from "./harness.ts";
import { healthCases } from "./health.ts";
import { leaseCases } from "./leases.ts";
import { bulkCases } from "./many.ts";
import { orderCases } from "./order.ts";
import { parkingCases } from "./parking.ts";
import { replayCases } from "./replay.ts";
import { settleCases } from "./settle.ts";
import { concurrentMailboxCases } from "./together.ts";
import { timerCases } from "./timers.ts";
import { inFlightMarkCases } from "./trials.ts";
import { versionCases } from "./versions.ts";
import { Fixture } from "./world.ts";

const cases = [
  ...appendCases,
  ...versionCases,
  ...replayCases,
  ...deliveryCases,
  ...settleCases,
  ...bulkCases,
  ...concurrentMailboxCases,
  ...parkingCases,
  ...orderCases,
  ...deadLetterCases,
  ...leaseCases,
  ...inFlightMarkCases,
  ...concurrentAppendCases,
  ...timerCases,
  ...healthCases,
  ...closingCases,
];

/** Registers the suite for one backend, as tests that may need something. Each case gets a store of its own from `open`. */
export function conformance(
  name: string,
  open: () => Promise<Harness>,
  abilities: readonly Ability[] = [],
  test: (definition: Deno.TestDefinition) => void = Deno.test,
): void {
  for (const { name: sentence, needs, run } of cases) {
    const ignore = needs !== undefined && !abilities.includes(needs);
    test({ name: `${name}: ${sentence}`, ignore, fn: () => withFixture(open, run) });
  }
}

async function withFixture(
  open: () => Promise<Harness>,
  run: (fixture: Fixture) => Promise<void>,
): Promise<void> {
  const fixture = new Fixture(await open());
  try {
    await run(fixture);
  } finally {
    await fixture.close();
  }
}
