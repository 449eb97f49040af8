/** What is asked of an append before it is stored: may its sender, and does the case allow it. @module */
import type { Producer } from "../../../schema/authority/grants.ts";
import {
  historyFault,
  type JudgedEvent,
  judgingTypes,
  needsHistory,
} from "../../../schema/authority/second_person.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { NotAllowed } from "../../errors.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { Sql } from "../connection/pool.ts";

/** True when an append can't be judged by its events alone. */
export function asksForHistory(events: readonly WireEvent[]): boolean {
  return events.some(({ event_type }) => needsHistory(event_type));
}

/** Who may not read the log can't judge by it: a node does, of what it leaves in the outbox. Throws NotAllowed. */
export function requireNoJudgement(events: readonly WireEvent[], name: string): void {
  if (!asksForHistory(events)) return;
  throw new NotAllowed(`${name} leaves a decision in the outbox, where its case is looked at`);
}

/** An event, and who sends it. */
interface SentEvent {
  readonly event: WireEvent;
  readonly producer: Producer;
}

/**
 * Locks the partitions until the transaction ends and judges the events in their order, each by what is stored of its case and by
 * those before it. Returns why the first of them may not be stored.
 */
export async function historyFaultOf(
  tx: Sql,
  touched: readonly number[],
  sent: readonly SentEvent[],
): Promise<{ readonly event: WireEvent; readonly reason: string } | undefined> {
  await tx`select zaakstroom.lock_partitions(${`{${touched.join(",")}}`}::smallint[])`;
  const cases = [...new Set(sent.map(({ event }) => event.correlation_id))];
  const histories = await readJudged(tx, cases);
  for (const { event, producer } of sent) {
    const history = histories.get(event.correlation_id) ?? [];
    const reason = historyFault(event, history, producer);
    if (reason !== undefined) return { event, reason };
    histories.set(event.correlation_id, [...history, event]);
  }
  return undefined;
}

/** As `historyFaultOf`. Throws NotAllowed. */
export async function requireHistory(
  tx: Sql,
  touched: readonly number[],
  events: readonly WireEvent[],
  producer: Producer,
): Promise<void> {
  const fault = await historyFaultOf(tx, touched, events.map((event) => ({ event, producer })));
  if (fault !== undefined) throw new NotAllowed(fault.reason);
}

async function readJudged(tx: Sql, cases: readonly string[]): Promise<Map<string, JudgedEvent[]>> {
  const rows = await tx<(JudgedEvent & { readonly case_id: string })[]>`
    select e.case_id, e.event_id::text, e.type as event_type, e.data, e.metadata from zaakstroom.events e
    where e.case_id = any (${arrayOf(cases)}::text[]) and e.type = any (${arrayOf(judgingTypes)}::text[])
    order by e.case_id, e.version`;
  return Map.groupBy(rows, ({ case_id }) => case_id);
}
