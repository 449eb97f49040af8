/** The conformance suite: what every backend promises, as one list of cases. @module */
import { appendCases } from "./append.ts";
import { closingCases } from "./closing.ts";
import { concurrencyCases } from "./concurrency.ts";
import { deadLetterCases } from "./dead_letters.ts";
import { deliveryCases } from "./delivery.ts";
import type { Ability, Harness } from "./harness.ts";
import { healthCases } from "./health.ts";
import { leaseCases } from "./leases.ts";
import { manyCases } from "./many.ts";
import { orderCases } from "./order.ts";
import { parkingCases } from "./parking.ts";
import { replayCases } from "./replay.ts";
import { settleCases } from "./settle.ts";
import { togetherCases } from "./together.ts";
import { timerCases } from "./timers.ts";
import { trialCases } from "./trials.ts";
import { versionCases } from "./versions.ts";
import { World } from "./world.ts";

const cases = [
  ...appendCases,
  ...versionCases,
  ...replayCases,
  ...deliveryCases,
  ...settleCases,
  ...manyCases,
  ...togetherCases,
  ...parkingCases,
  ...orderCases,
  ...deadLetterCases,
  ...leaseCases,
  ...trialCases,
  ...concurrencyCases,
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
    test({ name: `${name}: ${sentence}`, ignore, fn: () => inWorld(open, run) });
  }
}

async function inWorld(open: () => Promise<Harness>, run: (world: World) => Promise<void>): Promise<void> {
  const world = new World(await open());
  try {
    await run(world);
  } finally {
    await world.close();
  }
}
