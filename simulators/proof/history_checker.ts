/**
 * The history checker: holds the history of a run against what must always hold, I1 to I8 each by its name. Pure, and it
 * trusts nothing the runtime says of itself: what the runtime tells is one of the things it judges. @module
 */
import type { RunHistory, RuntimeEvent, SettleAttempt } from "./history.ts";
import { conservation } from "./conservation.ts";
import { Ledger, type LedgerReport } from "./ledger.ts";
import { doneBehindDead, doneInOrder, effectsOutOfOrder, lostDeliveries } from "./delivery_order.ts";

export const invariants = {
  I1: "nothing is lost",
  I2: "effects happen once",
  I3: "order per case",
  I4: "a dead letter is a promise",
  I5: "one owner: nothing is resurrected after the fence",
  I6: "bounded memory",
  I7: "poison cannot spread",
  I8: "visible failure",
  unexpected: "nothing is there that nobody asked for",
} as const;
export type InvariantName = keyof typeof invariants;

/** An invariant, and what breaks it: in words with ids, and without data. */
export interface Finding {
  readonly invariant: InvariantName;
  readonly broken: readonly string[];
}

/** Everything found, an invariant each, in their order; and the ledger. */
interface CheckResult {
  readonly findings: readonly Finding[];
  readonly ledger: LedgerReport;
}

/** Clocks of two processes of one machine may differ by so much, in milliseconds. */
const SKEW_MS = 20;

/** Judges a history. */
export function checkHistory(history: RunHistory): CheckResult {
  const ledger = ledgerOf(history);
  const broken: Record<InvariantName, string[]> = {
    I1: checkNothingLost(history, ledger),
    I2: ledger.duplicated.map((id) => `event ${id} is there a second time`),
    I3: [
      ...ledger.reordered.map((id) => `case ${id} is stored out of order`),
      ...doneInOrder(history),
      ...doneBehindDead(history),
      ...effectsOutOfOrder(history.stored.events),
    ],
    I4: checkAcknowledgements(history),
    I5: checkFencing(history),
    I6: history.inFlight.filter(({ bytes, bound }) => bytes > bound).map(({ node, bytes, bound }) =>
      `node ${node} had ${bytes} bytes in hand, above its bound of ${bound}`
    ),
    I7: checkPoisonContained(history),
    I8: checkFailuresVisible(history),
    unexpected: checkNoUnexpectedEvents(history),
  };
  const names = Object.keys(invariants) as InvariantName[];
  return { findings: names.map((invariant) => ({ invariant, broken: broken[invariant] })), ledger };
}

/** While deliveries are not settled, what they lead to is owed and not lost; but it was to be settled by now. */
function checkNothingLost(history: RunHistory, ledger: LedgerReport): string[] {
  const { unsettled } = history.stored;
  if (unsettled > 0) return [`${unsettled} deliveries were not settled when the time was over`];
  return [
    ...ledger.lost.map((id) => `event ${id} is gone, or nothing followed it`),
    ...lostDeliveries(history),
  ];
}

function ledgerOf({ accepted, stored }: RunHistory): LedgerReport {
  const ledger = new Ledger(conservation);
  for (const id of accepted) ledger.accept(id);
  for (const event of stored.events) ledger.observe(event);
  return ledger.report(new Map(stored.deadLetters.map(({ caseId }) => [caseId, "dead"])));
}

/** Dead letters that were settled and are not there, or are there without what a person needs. */
function checkAcknowledgements({ attempts, stored }: RunHistory): string[] {
  const there = new Map(stored.deadLetters.map((dead) => [`${dead.processor}/${dead.event.position}`, dead]));
  const promised = attempts.filter(({ result }) => result === "settled").flatMap(({ processor, failed }) =>
    failed.filter(({ outcome }) => outcome === "deadLetter").map(({ position }) => `${processor}/${position}`)
  );
  const missing = promised.filter((key) => !there.has(key)).map((key) => `dead letter ${key} is not kept`);
  const hollow = stored.deadLetters.filter(({ failures }) => failures.length === 0 || !failures[0]!.class);
  return [
    ...missing,
    ...hollow.map(({ processor, event }) =>
      `dead letter ${processor}/${event.position} does not tell what went wrong`
    ),
  ];
}

/** Settles that were accepted under an epoch that had ended before they began. */
function checkFencing({ attempts, leasesAcquired }: RunHistory): string[] {
  const acquisitions = Map.groupBy(leasesAcquired, mailboxOf);
  return attempts.filter(({ result }) => result === "settled").flatMap((attempt) => {
    const later = acquisitions.get(mailboxOf(attempt))?.find(({ epoch, at }) =>
      epoch > attempt.epoch && at + SKEW_MS < attempt.begunAt
    );
    if (later === undefined) return [];
    const { node, epoch } = attempt;
    return [
      `${mailboxOf(attempt)}: ${node} settled under epoch ${epoch}, after epoch ${later.epoch} had begun`,
    ];
  });
}

function mailboxOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${processor}/${partition}`;
}

/** Poison that is not dead, dead letters that are no poison, and tries beyond the limit. */
function checkPoisonContained({ attempts, stored, poison, flaky, maxAttempts }: RunHistory): string[] {
  const dead = new Map(stored.deadLetters.map((letter) => [letter.event.event.event_id, letter]));
  const alive = poison.filter((id) => !dead.has(id)).map((id) => `poison ${id} is no dead letter`);
  const known = new Set([...poison, ...flaky]);
  const healthy = [...dead.keys()].filter((id) => !known.has(id)).map((id) => `innocent event ${id} is dead`);
  const tried = attempts.flatMap(({ processor, failed }) =>
    failed.filter(({ attempt }) => attempt > maxAttempts).map(({ position, attempt }) =>
      `delivery ${processor}/${position} was tried ${attempt} times`
    )
  );
  return [...alive, ...healthy, ...tried];
}

const OBSERVED_AS = { retry: "retry", deadLetter: "dead_letter", held: "held" } as const;

/** What happened by what was settled, against what was told, in every life that could tell to its end. */
function checkFailuresVisible({ attempts, observed, killed, crashes }: RunHistory): string[] {
  const silenced = new Set(killed);
  const lives = Map.groupBy(attempts.filter(({ node }) => !silenced.has(node)), ({ life }) => life);
  const observedByLife = Map.groupBy(observed, ({ life }) => life);
  return [
    ...crashes,
    ...[...lives].flatMap(([life, own]) => invisibleFailures(own, observedByLife.get(life) ?? [])),
  ];
}

function invisibleFailures(attempts: readonly SettleAttempt[], observed: readonly RuntimeEvent[]): string[] {
  const happened: Record<string, number> = { retry: 0, dead_letter: 0, held: 0, fenced: 0 };
  for (const { result, failed } of attempts) {
    if (result === "fenced") happened.fenced!++;
    if (result !== "settled") continue;
    for (const { outcome } of failed) happened[OBSERVED_AS[outcome]]!++;
  }
  return Object.entries(happened).flatMap(([what, count]) => {
    const reports = observed.filter((each) => each.what === what).length;
    // What is fenced before it is settled, at a trial or a pull, is told too.
    const isObserved = what === "fenced" ? reports >= count : reports === count;
    return isObserved ? [] : [`${count} of ${what} happened on ${attempts[0]!.node}, ${reports} were told`];
  });
}

/** Events that nobody sent and nothing that is stored caused. */
function checkNoUnexpectedEvents({ accepted, sent, stored }: RunHistory): string[] {
  const asked = new Set([...accepted, ...sent]);
  const there = new Set(stored.events.map(({ event }) => event.event_id));
  return stored.events.filter(({ event: { event_id, metadata } }) => {
    return !asked.has(event_id) && !(metadata.causation_id !== undefined && there.has(metadata.causation_id));
  }).map(({ event }) => `event ${event.event_id} was sent by nobody`);
}
