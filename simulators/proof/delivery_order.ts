/** Checks delivery by delivery: each was done, in the order of its case, and left effects that follow from it. @module */
import type { RunHistory, SettleAttempt } from "./history.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import { derivedIds } from "../../schema/ids.ts";

/** Deliveries that no settle covers. */
export function lostDeliveries(history: RunHistory): string[] {
  const { attempts, stored, takes } = history;
  const covered = new Set(
    attempts.filter(mayBeDurable(history)).flatMap(doneDeliveriesIn(stored.events)).map(({ key }) => key),
  );
  const waiting = new Map(stored.deadLetters.map((dead) => [`${dead.processor}/${dead.caseId}`, dead]));
  return Object.entries(takes).flatMap(([processor, types]) =>
    stored.events.filter(({ event, position }) => {
      const dead = waiting.get(`${processor}/${event.correlation_id}`);
      const waits = dead !== undefined && position >= dead.event.position;
      return types.includes(event.event_type) && !waits && !covered.has(`${processor}/${position}`);
    }).map(({ event, position }) => `${processor} never settled event ${event.event_id} at ${position}`)
  );
}

/**
 * Whether an attempt may have been made durable. One without an answer may; so may one that was fenced though it began
 * under a valid epoch: its first write was applied, the answer lost, and the second write came after the fence.
 */
function mayBeDurable({ leasesAcquired }: RunHistory): (attempt: SettleAttempt) => boolean {
  const acquisitions = Map.groupBy(leasesAcquired, mailboxOf);
  return (attempt) => {
    if (attempt.result !== "fenced") return attempt.result !== "failed";
    const later = acquisitions.get(mailboxOf(attempt))?.find(({ epoch }) => epoch > attempt.epoch);
    return later === undefined || later.at > attempt.begunAt;
  };
}

/** The mailbox as one key. */
export function mailboxOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${processor}/${partition}`;
}

/**
 * What an attempt says is done. What it made itself has its position only where it was stored; under another version it was
 * stored by another attempt, and nothing of this one was.
 */
function doneDeliveriesIn(
  events: readonly StoredEvent[],
): (attempt: SettleAttempt) => { key: string; position: number }[] {
  const stored = new Map(events.map((each) => [each.event.event_id, each]));
  return ({ processor, positions, made, failed }) => {
    const chained = made.map(({ eventId, version }) => {
      const found = stored.get(eventId);
      return found?.version === version ? found.position : undefined;
    });
    if (chained.includes(undefined)) return [];
    const not = new Set(failed.map(({ position }) => position));
    const done = [...positions.filter((position) => !not.has(position)), ...chained as number[]];
    return done.map((position) => ({ key: `${processor}/${position}`, position }));
  };
}

/** Cases whose deliveries were done, for the first time, in another order than they are stored. */
export function doneInOrder(history: RunHistory): string[] {
  const { attempts, stored } = history;
  const events = new Map(stored.events.map((event) => [event.position, event]));
  const done = new Set<string>();
  const versions = new Map<string, number>();
  const broken: string[] = [];
  const doneDeliveries = doneDeliveriesIn(stored.events);
  const inTime = attempts.filter(mayBeDurable(history)).toSorted((a, b) => a.begunAt - b.begunAt);
  for (const attempt of inTime) {
    for (const { key, position } of doneDeliveries(attempt)) {
      const event = events.get(position);
      if (event === undefined || done.has(key)) continue;
      done.add(key);
      const { correlation_id: caseId } = event.event;
      const before = versions.get(`${attempt.processor}/${caseId}`) ?? 0;
      if (event.version < before) {
        broken.push(`${attempt.processor} did version ${event.version} of case ${caseId} after ${before}`);
      }
      versions.set(`${attempt.processor}/${caseId}`, Math.max(before, event.version));
    }
  }
  return broken;
}

/** Deliveries that were done though their case waits behind a dead letter. */
export function doneBehindDead(history: RunHistory): string[] {
  const { attempts, stored } = history;
  const dead = new Map(
    stored.deadLetters.map((each) => [`${each.processor}/${each.caseId}`, each.event.position]),
  );
  const cases = new Map(stored.events.map(({ position, event }) => [position, event.correlation_id]));
  const doneDeliveries = doneDeliveriesIn(stored.events);
  return attempts.filter(({ result }) => result === "settled").flatMap((attempt) =>
    doneDeliveries(attempt).filter(({ position }) => {
      const head = dead.get(`${attempt.processor}/${cases.get(position)}`);
      return head !== undefined && position > head;
    }).map(({ position }) =>
      `${attempt.processor} did ${position}, though its case waits behind a dead letter`
    )
  );
}

/** Fired by timers: when they are due, however old their cause, and under an id made of the timer's name. */
const BY_TIMER = ["case.term_expired", "case.wait_expired"];

/** More effects than any delivery has. */
const MAX_EFFECTS = 16;

/** Effects whose id is not made of their cause, their processor and their place among its outputs. */
export function underivedEffects({ accepted, sent, stored: { events, secret } }: RunHistory): string[] {
  const idOf = derivedIds(secret);
  const sentIds = new Set([...accepted, ...sent]);
  const causes = new Map(events.map(({ event }) => [event.event_id, event]));
  return events.filter(({ event: { event_id, event_type, metadata: { causation_id, source } } }) => {
    const cause = causes.get(causation_id ?? "");
    if (cause === undefined || sentIds.has(event_id) || BY_TIMER.includes(event_type)) return false;
    const processor = `${source}`.split("@")[0]!;
    const place = Array.from({ length: MAX_EFFECTS }).findIndex((_, i) =>
      idOf(cause.event_id, Date.parse(cause.timestamp), processor, i) === event_id
    );
    return place === -1;
  }).map(({ event }) => `effect ${event.event_id} has an id that is not derived from its cause`);
}

/** Cases in which a processor's effects are stored in another order than their causes. */
export function effectsOutOfOrder(events: readonly StoredEvent[]): string[] {
  const causes = new Map(events.map((each) => [each.event.event_id, each]));
  const last = new Map<string, number>();
  return events.filter(({ event }) => {
    const { causation_id, source } = event.metadata;
    if (causation_id === undefined || BY_TIMER.includes(event.event_type)) return false;
    const { version: cause = 0, event: { correlation_id: sender = "" } = {} } = causes.get(causation_id) ??
      {};
    // What several cases send to one has an order for each of them.
    const key = `${source}/${sender}/${event.correlation_id}`;
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, cause));
    return cause < before;
  }).map(({ event }) => `effect ${event.event_id} of case ${event.correlation_id} is stored out of order`);
}
