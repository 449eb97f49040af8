/**
 * The history checker: holds the history of a run against what must always hold, I1 to I8 each by its name. Pure, and it
 * trusts nothing the runtime says of itself: what the runtime tells is one of the things it judges. @module
 */
import type { Attempt, History, Told } from "./chaos/history.ts";
import { conservation } from "./conservation.ts";
import { Ledger, type LedgerReport } from "./ledger.ts";
import { doneBehindDead, doneInOrder, effectsOutOfOrder, lostDeliveries } from "./history_order.ts";

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
interface Findings {
  readonly findings: readonly Finding[];
  readonly ledger: LedgerReport;
}

/** Clocks of two processes of one machine may differ by so much, in milliseconds. */
const SKEW_MS = 20;

/** Judges a history. */
export function checkHistory(history: History): Findings {
  const ledger = ledgerOf(history);
  const broken: Record<InvariantName, string[]> = {
    I1: lost(history, ledger),
    I2: ledger.duplicated.map((id) => `event ${id} is there a second time`),
    I3: [
      ...ledger.reordered.map((id) => `case ${id} is stored out of order`),
      ...doneInOrder(history),
      ...doneBehindDead(history),
      ...effectsOutOfOrder(history.stored.events),
    ],
    I4: brokenPromises(history),
    I5: resurrected(history),
    I6: history.inFlight.filter(({ bytes, bound }) => bytes > bound).map(({ node, bytes, bound }) =>
      `node ${node} had ${bytes} bytes in hand, above its bound of ${bound}`
    ),
    I7: spreadPoison(history),
    I8: untold(history),
    unexpected: unexpected(history),
  };
  const names = Object.keys(invariants) as InvariantName[];
  return { findings: names.map((invariant) => ({ invariant, broken: broken[invariant] })), ledger };
}

/** While deliveries are not settled, what they lead to is owed and not lost; but it was to be settled by now. */
function lost(history: History, ledger: LedgerReport): string[] {
  const { unsettled } = history.stored;
  if (unsettled > 0) return [`${unsettled} deliveries were not settled when the time was over`];
  return [
    ...ledger.lost.map((id) => `event ${id} is gone, or nothing followed it`),
    ...lostDeliveries(history),
  ];
}

function ledgerOf({ accepted, stored }: History): LedgerReport {
  const ledger = new Ledger(conservation);
  for (const id of accepted) ledger.accept(id);
  for (const event of stored.events) ledger.see(event);
  return ledger.report(new Map(stored.deadLetters.map(({ caseId }) => [caseId, "dead"])));
}

/** Dead letters that were settled and are not there, or are there without what a person needs. */
function brokenPromises({ attempts, stored }: History): string[] {
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
function resurrected({ attempts, won }: History): string[] {
  const wins = Map.groupBy(won, mailboxOf);
  return attempts.filter(({ result }) => result === "settled").flatMap((attempt) => {
    const later = wins.get(mailboxOf(attempt))?.find(({ epoch, at }) =>
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
function spreadPoison({ attempts, stored, poison, frail, maxAttempts }: History): string[] {
  const dead = new Map(stored.deadLetters.map((letter) => [letter.event.event.event_id, letter]));
  const alive = poison.filter((id) => !dead.has(id)).map((id) => `poison ${id} is no dead letter`);
  const known = new Set([...poison, ...frail]);
  const innocent = [...dead.keys()].filter((id) => !known.has(id)).map((id) =>
    `innocent event ${id} is dead`
  );
  const tried = attempts.flatMap(({ processor, failed }) =>
    failed.filter(({ attempt }) => attempt > maxAttempts).map(({ position, attempt }) =>
      `delivery ${processor}/${position} was tried ${attempt} times`
    )
  );
  return [...alive, ...innocent, ...tried];
}

const TOLD_AS = { retry: "retry", deadLetter: "dead_letter", held: "held" } as const;

/** What happened by what was settled, against what was told, in every life that could tell to its end. */
function untold({ attempts, told, killed, crashes }: History): string[] {
  const silenced = new Set(killed);
  const lives = Map.groupBy(attempts.filter(({ node }) => !silenced.has(node)), ({ life }) => life);
  const tellings = Map.groupBy(told, ({ life }) => life);
  return [
    ...crashes,
    ...[...lives].flatMap(([life, own]) => untoldOf(own, tellings.get(life) ?? [])),
  ];
}

function untoldOf(attempts: readonly Attempt[], told: readonly Told[]): string[] {
  const happened: Record<string, number> = { retry: 0, dead_letter: 0, held: 0, fenced: 0 };
  for (const { result, failed } of attempts) {
    if (result === "fenced") happened.fenced!++;
    if (result !== "settled") continue;
    for (const { outcome } of failed) happened[TOLD_AS[outcome]]!++;
  }
  return Object.entries(happened).flatMap(([what, count]) => {
    const heard = told.filter((each) => each.what === what).length;
    // What is fenced before it is settled, at a trial or a pull, is told too.
    const isTold = what === "fenced" ? heard >= count : heard === count;
    return isTold ? [] : [`${count} of ${what} happened on ${attempts[0]!.node}, ${heard} were told`];
  });
}

/** Events that nobody sent and nothing that is stored caused. */
function unexpected({ accepted, sent, stored }: History): string[] {
  const asked = new Set([...accepted, ...sent]);
  const there = new Set(stored.events.map(({ event }) => event.event_id));
  return stored.events.filter(({ event: { event_id, metadata } }) => {
    return !asked.has(event_id) && !(metadata.causation_id !== undefined && there.has(metadata.causation_id));
  }).map(({ event }) => `event ${event.event_id} was sent by nobody`);
}
