/** The conformance suite: what every backend promises, as one list of cases. @module */
import { appendCases } from "./cases/append.ts";
import { beginningCases } from "./cases/beginnings.ts";
import { authorityCases } from "./cases/authority.ts";
import { closingCases } from "./cases/closing.ts";
import { concurrentAppendCases } from "./cases/concurrent_appends.ts";
import { deadLetterCases } from "./cases/dead_letters.ts";
import { deliveryCases } from "./cases/delivery.ts";
import type { Ability, Harness } from "./harness.ts";
import { forwardingCases } from "./cases/forwarding.ts";
import { healthCases } from "./cases/health.ts";
import { inboxCases } from "./cases/inbox.ts";
import { leaseCases } from "./cases/leases.ts";
import { bulkCases } from "./cases/bulk.ts";
import { measurementCases } from "./cases/measurements.ts";
import { malformedCases } from "./cases/malformed.ts";
import { orderCases } from "./cases/order.ts";
import { parkingCases } from "./cases/parked_cases.ts";
import { partitionLeaseCases } from "./cases/partition_leases.ts";
import { readModelCases } from "./cases/read_models.ts";
import { relayCases } from "./cases/relays.ts";
import { replayCases } from "./cases/replay.ts";
import { rewindCases } from "./cases/rewinds.ts";
import { pauseCases } from "./cases/pauses.ts";
import { passCases } from "./cases/passes.ts";
import { refusedPassCases } from "./cases/refused_passes.ts";
import { settleCases } from "./cases/settle.ts";
import { hashChainCases } from "./cases/hash_chain.ts";
import { squattedIdCases } from "./cases/squatted_ids.ts";
import { concurrentMailboxCases } from "./cases/concurrent_mailboxes.ts";
import { timerCases } from "./cases/timers.ts";
import { inFlightMarkCases } from "./cases/in_flight_marks.ts";
import { versionCases } from "./cases/versions.ts";
import type { ConformanceCase } from "./conformance_case.ts";
import { Fixture } from "./fixture.ts";

const cases = [
  ...appendCases,
  ...versionCases,
  ...replayCases,
  ...relayCases,
  ...deliveryCases,
  ...settleCases,
  ...rewindCases,
  ...beginningCases,
  ...squattedIdCases,
  ...passCases,
  ...refusedPassCases,
  ...bulkCases,
  ...concurrentMailboxCases,
  ...parkingCases,
  ...orderCases,
  ...deadLetterCases,
  ...leaseCases,
  ...partitionLeaseCases,
  ...pauseCases,
  ...inFlightMarkCases,
  ...concurrentAppendCases,
  ...timerCases,
  ...forwardingCases,
  ...healthCases,
  ...inboxCases,
  ...authorityCases,
  ...measurementCases,
  ...readModelCases,
  ...malformedCases,
  ...hashChainCases,
  ...closingCases,
];

/** Those in which it counts that a write is on several servers: for a gate that has no time for all of them. */
export const replicatedCases = [...appendCases, ...settleCases, ...passCases, ...partitionLeaseCases];

/** Registers the suite for one backend, as tests that may need something. Each case gets a store of its own from `open`. */
export function conformance(
  name: string,
  open: () => Promise<Harness>,
  abilities: readonly Ability[] = [],
  test: (definition: Deno.TestDefinition) => void = Deno.test,
  chosen: readonly ConformanceCase[] = cases,
): void {
  for (const { name: sentence, needs, run } of chosen) {
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
