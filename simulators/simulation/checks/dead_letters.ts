/** Checks the dead letters of a run whose harm nobody has mended yet: I4 and I7. @module */
import type { MemoryStore } from "../../../backends/memory/memory_store.ts";
import type { ParkedDelivery } from "../../../backends/settlement/parked_case.ts";
import { type PoisonFault, processorNames, type SimulationPlan } from "../fault.ts";
import { SIMULATED_MAX_ATTEMPTS, type SimulationContext } from "../simulated_node.ts";

/** The deliveries that must be given up: in every case the first one for a processor that nothing before it holds up. */
function expectedDeadLetters({ faults }: SimulationPlan): Map<string, PoisonFault> {
  const found = new Map<string, PoisonFault>();
  const poison = faults.filter((fault): fault is PoisonFault =>
    fault.kind === "poison" && fault.act !== "flaky"
  )
    .sort((a, b) => a.n - b.n);
  for (const each of poison) {
    const isBlocked = processorNames.slice(0, processorNames.indexOf(each.processor) + 1)
      .some((name) => found.has(`${name} ${each.caseId}`));
    if (!isBlocked) found.set(`${each.processor} ${each.caseId}`, each);
  }
  return found;
}

export function checkDeadLetters({ schedule, store }: SimulationContext): string[] {
  const expected = expectedDeadLetters(schedule);
  const breaches: string[] = [];
  for (const { key, n, dead } of deadIn(store)) {
    const poison = expected.get(key);
    expected.delete(key);
    if (poison === undefined || poison.n !== n) {
      breaches.push(`I7: ${key} gave up intake ${n}, which did no harm: ${classesOf(dead)}`);
    } else breaches.push(...checkEvidence(key, poison, dead));
  }
  for (const key of expected.keys()) breaches.push(`I4: ${key} has no dead letter, though it can't go on`);
  return breaches;
}

function deadIn(store: MemoryStore) {
  return processorNames.flatMap((name) => store.leases.of(name)).flatMap(({ processor, parked }) =>
    [...parked].flatMap(([caseId, deliveries]) =>
      deliveries.filter(({ state }) => state === "dead")
        .map((dead) => ({
          key: `${processor} ${caseId}`,
          n: JSON.parse(store.log.at(dead.position)!.data).n,
          dead,
        }))
    )
  );
}

const expectedErrors = {
  ...{ throw: "TypeError", reject: "Reject", flaky: "" },
  ...{ kill: "WorkerDied", hang: "WorkerDied", kill_node: "NodeDied" },
};

/** Every attempt is in it, and shows what the delivery does; a worker may have died of something else at some. */
function checkEvidence(key: string, { act, n }: PoisonFault, dead: ParkedDelivery): string[] {
  const { attempts, failures } = dead;
  const tries = act === "reject" ? attempts : SIMULATED_MAX_ATTEMPTS;
  const whole = attempts === tries && failures.length >= attempts &&
    failures.every(({ message, at }) => message !== "" && at !== "");
  if (whole && failures.some((failure) => failure.class === expectedErrors[act])) return [];
  return [`I4: ${key} gave up intake ${n} (${act}) after ${attempts} attempts with ${classesOf(dead)}`];
}

function classesOf({ failures }: ParkedDelivery): string {
  return failures.map((failure) => failure.class).join(", ") || "no evidence";
}
