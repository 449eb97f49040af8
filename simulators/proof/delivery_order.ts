/** The order of what was done, and whether all of it was: questions about deliveries, one by one. @module */
import type { RunHistory, SettleAttempt } from "./history.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";

/** Deliveries that no settle covers, though nothing waits any more. */
export function lostDeliveries(history: RunHistory): string[] {
  const { attempts, stored, takes } = history;
  const covered = new Set(
    attempts.filter(mayBeDurable(history)).flatMap(doneDeliveries).map(({ key }) => key),
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
 * Whether an attempt may have been made durable. One that was not heard of again may; so may one that was fenced though
 * it began under a valid epoch: its first try was done, the answer lost, and the second try came after the fence.
 */
function mayBeDurable({ leasesAcquired }: RunHistory): (attempt: SettleAttempt) => boolean {
  const acquisitions = Map.groupBy(leasesAcquired, mailboxOf);
  return (attempt) => {
    if (attempt.result !== "fenced") return attempt.result !== "failed";
    const later = acquisitions.get(mailboxOf(attempt))?.find(({ epoch }) => epoch > attempt.epoch);
    return later === undefined || later.at > attempt.begunAt;
  };
}

function mailboxOf({ processor, partition }: { processor: string; partition: number }): string {
  return `${processor}/${partition}`;
}

function doneDeliveries(
  { processor, positions, failed }: SettleAttempt,
): { key: string; position: number }[] {
  const not = new Set(failed.map(({ position }) => position));
  return positions.filter((position) => !not.has(position)).map((position) => ({
    key: `${processor}/${position}`,
    position,
  }));
}

/** Cases whose deliveries were done, for the first time, in another order than they are stored. */
export function doneInOrder(history: RunHistory): string[] {
  const { attempts, stored } = history;
  const events = new Map(stored.events.map((event) => [event.position, event]));
  const done = new Set<string>();
  const versions = new Map<string, number>();
  const broken: string[] = [];
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
  return attempts.filter(({ result }) => result === "settled").flatMap((attempt) =>
    doneDeliveries(attempt).filter(({ position }) => {
      const head = dead.get(`${attempt.processor}/${cases.get(position)}`);
      return head !== undefined && position > head;
    }).map(({ position }) =>
      `${attempt.processor} did ${position}, though its case waits behind a dead letter`
    )
  );
}

/** A timer fires when it is due, however old what set it. */
const BY_TIMER = ["case.term_expired"];

/** Cases in which a processor's effects are stored in another order than their causes. */
export function effectsOutOfOrder(events: readonly StoredEvent[]): string[] {
  const versions = new Map(events.map(({ event, version }) => [event.event_id, version]));
  const last = new Map<string, number>();
  return events.filter(({ event }) => {
    const { causation_id, source } = event.metadata;
    if (causation_id === undefined || BY_TIMER.includes(event.event_type)) return false;
    const key = `${source}/${event.correlation_id}`;
    const cause = versions.get(causation_id) ?? 0;
    const before = last.get(key) ?? 0;
    last.set(key, Math.max(before, cause));
    return cause < before;
  }).map(({ event }) => `effect ${event.event_id} of case ${event.correlation_id} is stored out of order`);
}
