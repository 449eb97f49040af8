/**
 * The history checker: holds the history of a run, of chaos or of the simulation, against the invariants I1 to I8. Pure.
 * It trusts nothing the runtime says of itself: what the runtime shows is one of the things it judges. @module
 */
import type { RunHistory, RuntimeEvent, SettleAttempt } from "./history.ts";
import { Ledger, type LedgerReport } from "./ledger.ts";
import {
  doneBehindDead,
  doneInOrder,
  effectsOutOfOrder,
  lostDeliveries,
  mailboxOf,
  underivedEffects,
} from "./delivery_order.ts";

export const invariants = {
  I1: "nothing is lost",
  I2: "effects happen once",
  I3: "order per case",
  I4: "a dead letter is a promise",
  I5: "one owner: nothing is resurrected after the fence",
  I6: "bounded memory",
  I7: "poison cannot spread",
  I8: "visible failure",
  unexpected: "every event was sent, or follows from one that is stored",
} as const;
export type InvariantName = keyof typeof invariants;

/** An invariant, and what breaks it: in words with ids, and without data. */
export interface Finding {
  readonly invariant: InvariantName;
  readonly broken: readonly string[];
}

/** Judges a history. */
export function checkHistory(history: RunHistory): { findings: Finding[]; ledger: LedgerReport } {
  const ledger = ledgerOf(history);
  const broken: Record<InvariantName, string[]> = {
    I1: checkNothingLost(history, ledger),
    I2: [
      ...ledger.duplicated.map((id) => `event ${id} is there a second time`),
      ...underivedEffects(history),
    ],
    I3: [
      ...ledger.reordered.map((id) => `case ${id} is stored out of order`),
      ...doneInOrder(history),
      ...doneBehindDead(history),
      ...effectsOutOfOrder(history.stored.events),
    ],
    I4: [...missingDeadLetters(history), ...checkEvidence(history)],
    I5: checkFencing(history),
    I6: history.inFlight.filter((peak) => peak.bytes > peak.maxBytes || peak.batches > peak.maxBatches).map((
      { node, bytes, batches, maxBytes, maxBatches },
    ) =>
      `node ${node} had ${bytes} bytes in ${batches} batches in flight, at most ${maxBytes} in ${maxBatches} may be`
    ),
    I7: checkPoisonContained(history),
    I8: checkFailuresVisible(history),
    unexpected: checkNoUnexpectedEvents(history),
  };
  const names = Object.keys(invariants) as InvariantName[];
  return { findings: names.map((invariant) => ({ invariant, broken: broken[invariant] })), ledger };
}

/** While deliveries are not settled, their effects are owed and not lost; but everything had time to be settled. */
function checkNothingLost(history: RunHistory, ledger: LedgerReport): string[] {
  const { unsettled } = history.stored;
  if (unsettled > 0) return [`${unsettled} deliveries were not settled when the time was over`];
  return [
    ...ledger.lost.map((id) => `event ${id} is gone, or nothing followed it`),
    ...lostDeliveries(history),
  ];
}

function ledgerOf({ accepted, stored, follows }: RunHistory): LedgerReport {
  const ledger = new Ledger(follows);
  for (const id of accepted) ledger.accept(id);
  for (const event of stored.events) ledger.observe(event);
  return ledger.report(new Map(stored.deadLetters.map(({ caseId }) => [caseId, "dead"])));
}

/** Dead letters that were settled and are neither stored nor redriven. */
function missingDeadLetters({ attempts, stored, redriven }: RunHistory): string[] {
  const kept = new Set(stored.deadLetters.map((dead) => `${dead.processor}/${dead.event.position}`));
  for (const key of redriven) kept.add(key);
  const promised = attempts.filter(({ result }) => result === "settled").flatMap(({ processor, failed }) =>
    failed.filter(({ outcome }) => outcome === "deadLetter").map(({ position }) => `${processor}/${position}`)
  );
  return promised.filter((key) => !kept.has(key)).map((key) => `dead letter ${key} is not kept`);
}

/** Dead letters that don't show every attempt, each with an error, or not the error that their event causes. */
function checkEvidence({ stored, poison }: RunHistory): string[] {
  const errors = new Map(poison.map(({ eventId, error }) => [eventId, error]));
  return stored.deadLetters.filter(({ event, attempts, failures }) => {
    const error = errors.get(event.event.event_id);
    const isWhole = failures.length >= Math.max(1, attempts) &&
      failures.every(({ class: name, message, at }) => name !== "" && message !== "" && at !== "");
    return !isWhole || error !== undefined && !failures.some((failure) => failure.class === error);
  }).map(({ processor, event, attempts, failures }) => {
    const classes = failures.map((failure) => failure.class).join(", ") || "none";
    return `dead letter ${processor}/${event.position} does not show its ${attempts} attempts: ${classes}`;
  });
}

/** Settles that were accepted under an epoch that had ended before they began. */
function checkFencing({ attempts, leasesAcquired, clockSkewMs }: RunHistory): string[] {
  const acquisitions = Map.groupBy(leasesAcquired, mailboxOf);
  return attempts.filter(({ result }) => result === "settled").flatMap((attempt) => {
    const later = acquisitions.get(mailboxOf(attempt))?.find(({ epoch, at }) =>
      epoch > attempt.epoch && at + clockSkewMs < attempt.begunAt
    );
    if (later === undefined) return [];
    const { node, epoch } = attempt;
    return [
      `${mailboxOf(attempt)}: ${node} settled under epoch ${epoch}, after epoch ${later.epoch} had begun`,
    ];
  });
}

/** The classes of errors that no further attempt can mend. */
const FINAL_ERRORS: readonly (string | undefined)[] = ["Reject", "InvalidEvent"];

/** Poison that is not dead, dead letters that are no poison, and too many or too few attempts. */
function checkPoisonContained({ attempts, stored, poison, flaky, maxAttempts }: RunHistory): string[] {
  const dead = new Set(stored.deadLetters.map(({ event }) => event.event.event_id));
  const known = new Set([...poison.map(({ eventId }) => eventId), ...flaky]);
  const alive = poison.filter(({ eventId }) => !dead.has(eventId));
  const healthy = [...dead].filter((id) => !known.has(id));
  const hasty = stored.deadLetters.filter((letter) =>
    letter.attempts < maxAttempts && !FINAL_ERRORS.includes(letter.failures.at(-1)?.class)
  );
  const tried = attempts.flatMap(({ processor, failed }) =>
    failed.filter(({ attempt }) => attempt > maxAttempts).map(({ position, attempt }) =>
      `delivery ${processor}/${position} was tried ${attempt} times`
    )
  );
  return [
    ...alive.map(({ eventId }) => `poison ${eventId} is no dead letter`),
    ...healthy.map((id) => `innocent event ${id} is dead`),
    ...hasty.map(({ event, attempts }) => `event ${event.event.event_id} is dead after ${attempts} attempts`),
    ...tried,
  ];
}

const OBSERVED_AS = { retry: "retry", deadLetter: "dead_letter", held: "held" } as const;

/** What was settled and which workers ended, against what was shown, in every life that was not killed. */
function checkFailuresVisible({ attempts, observed, workerExits, killed, crashes }: RunHistory): string[] {
  const silenced = new Set(killed);
  const lives = Map.groupBy(attempts.filter(({ node }) => !silenced.has(node)), ({ life }) => life);
  const observedByLife = Map.groupBy(observed, ({ life }) => life);
  return [
    ...crashes,
    ...[...lives].flatMap(([life, own]) => invisibleFailures(own, observedByLife.get(life) ?? [])),
    ...[...Map.groupBy(workerExits, (life) => life)].flatMap(([life, { length }]) => {
      const shown = observedByLife.get(life)?.filter(({ what }) => what === "worker_restart").length ?? 0;
      return shown >= length ? [] : [`${length} workers ended in ${life}, ${shown} restarts were shown`];
    }),
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
    // A write that is fenced before the settle, of an in-flight mark or a fetch, is shown too.
    const isObserved = what === "fenced" ? reports >= count : reports === count;
    return isObserved ? [] : [`${count} of ${what} happened on ${attempts[0]!.node}, ${reports} were shown`];
  });
}

/** Events that no producer sent and that no stored event caused. */
function checkNoUnexpectedEvents({ accepted, sent, stored }: RunHistory): string[] {
  const known = new Set([...accepted, ...sent]);
  const causes = new Set(stored.events.map(({ event }) => event.event_id));
  return stored.events.filter(({ event: { event_id, metadata: { causation_id } } }) =>
    !known.has(event_id) && (causation_id === undefined || !causes.has(causation_id))
  ).map(({ event }) => `event ${event.event_id} has no producer and no cause`);
}
