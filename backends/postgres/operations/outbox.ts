/** The transactional outbox: one node at a time moves its rows into the log, in the order of their ids. @module */
import { isDeepStrictEqual } from "node:util";
import type postgres from "postgres";
import type { EventNames } from "../../../schema/cloudevents/event_names.ts";
import { InvalidEvent } from "../../../schema/codec.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { type InputOptions, readInputText } from "../../../schema/input.ts";
import type { RefusalClass, RefusalListener } from "../../dead_letters.ts";
import type { Grants, Producer } from "../../../schema/authority/grants.ts";
import { EventIdConflict, NotAllowed } from "../../errors.ts";
import { admitAll, grantsOf } from "../../producers.ts";
import { asksForHistory, historyFaultOf } from "../log/judged_append.ts";
import { readGrants } from "./producers.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";
import { codeOf, detailOf, rowRefusal } from "../connection/errors.ts";
import { partitionsAndRows } from "../log/append.ts";
import type { TraceAppend } from "../../tracing/tracing.ts";
import type { Notifier } from "../mailbox/notifier.ts";

/** Rows, and bytes of text, of one transaction. */
const MAX_ROWS = 500;
const MAX_BYTES = 8_000_000;

export interface OutboxContext {
  readonly client: PostgresClient;
  readonly notifier: Notifier;
  readonly partitions: number;
  readonly onInputRefused: RefusalListener;
  /** Runs an append in a span, where traces are exported. */
  readonly traceAppend: TraceAppend | undefined;
  /** The clock that an event without a time gets, and that bounds the time of others; undefined: that of this machine. */
  readonly timersAsOf: (() => Date) | undefined;
  /** What event types are called in CloudEvents. */
  readonly names: EventNames | undefined;
}

interface OutboxRow {
  readonly id: number;
  readonly event: string;
  /** Another transaction holds the row. */
  readonly locked: boolean;
  /** Who wrote it, by the server. */
  readonly producer: string;
  readonly is_owner: boolean;
}

/** An outbox row that holds a valid event. */
interface OutboxEvent {
  readonly id: number;
  readonly event: WireEvent;
  readonly producer: Producer;
}

interface RefusedRow extends Refusal {
  readonly id: number;
  /** Whom the trail names, of one that was not allowed. */
  readonly by?: string;
}

interface Refusal {
  readonly refusalClass: RefusalClass;
  readonly reason: string;
}

/** What one transaction did. */
interface Drained {
  readonly touched: readonly number[];
  readonly appended: readonly OutboxEvent[];
  readonly refused: readonly RefusedRow[];
}

/**
 * Moves the next rows: deleted there and appended here in one transaction. A row without a valid event stays behind with
 * the reason. Returns how many rows were moved or refused; 0 while another node drains.
 */
export async function drainOutbox(context: OutboxContext): Promise<number> {
  const { client, notifier, onInputRefused } = context;
  const drained = await client.run((sql) =>
    sql.begin(async (begun) => {
      const tx = begun as unknown as Sql;
      const rows = await tx<OutboxRow[]>`select * from zaakstroom.take_outbox(${MAX_ROWS}, ${MAX_BYTES})`;
      return rows.length === 0 ? undefined : await moveToLog(tx, rows, context);
    })
  );
  if (drained === undefined) return 0;
  const { touched, appended, refused } = drained;
  if (touched.length > 0) notifier.notify(touched, ["*"], true);
  refused.forEach(onInputRefused);
  return appended.length + refused.length;
}

async function moveToLog(tx: Sql, rows: readonly OutboxRow[], context: OutboxContext): Promise<Drained> {
  const { timersAsOf, names } = context;
  const grants = grantsOf(await readGrants(tx));
  const options = { names, ...(timersAsOf === undefined ? {} : { now: timersAsOf }) };
  const { events, refused } = sortRows(rows, grants, options);
  const overRate = await beyondRates(tx, events, grants);
  const drained = await appendTraced(tx, events.filter(({ id }) => !overRate.has(id)), context);
  const all = [...refused, ...overRate.values(), ...drained.refused];
  if (all.length > 0) await refuse(tx, all);
  return { ...drained, refused: all };
}

/** The rows by which producers go beyond their rate. */
async function beyondRates(tx: Sql, events: readonly OutboxEvent[], grants: Grants) {
  const beyond = new Map<number, RefusedRow>();
  for (const { id, producer: { name } } of events) {
    if (grants.get(name)?.perMinute === undefined) continue;
    const [row] = await tx<[{ why: string | null }]>`select zaakstroom.rate_fault(${name}, 1) as why`;
    if (row.why !== null) beyond.set(id, { id, refusalClass: "not_allowed", reason: row.why, by: name });
  }
  return beyond;
}

function appendTraced(
  tx: Sql,
  events: readonly OutboxEvent[],
  { traceAppend, partitions }: OutboxContext,
): Promise<Drained> {
  if (traceAppend === undefined || events.length === 0) return appendEvents(tx, events, partitions);
  return traceAppend(
    events.map(({ event }) => event),
    (traced) => appendEvents(tx, traced.map((event, i) => ({ ...events[i]!, event })), partitions),
  );
}

/** The events to append and the rows to refuse. Of a case with a locked row the later ones are left where they are. */
function sortRows(
  rows: readonly OutboxRow[],
  grants: Grants,
  options: InputOptions,
): { events: OutboxEvent[]; refused: RefusedRow[] } {
  const held = new Set<string>();
  const events: OutboxEvent[] = [];
  const refused: RefusedRow[] = [];
  for (const { id, event: text, locked, producer: name, is_owner: isOwner } of rows) {
    const producer = { name, isOwner };
    const event = readRow(text, producer, grants, options);
    if ("reason" in event) {
      if (!locked) refused.push({ id, by: name, ...event });
    } else if (locked) held.add(event.correlation_id);
    else if (!held.has(event.correlation_id)) events.push({ id, event, producer });
  }
  return { events, refused };
}

/** The event, or why the row is refused. */
function readRow(
  text: string,
  producer: Producer,
  grants: Grants,
  options: InputOptions,
): WireEvent | Refusal {
  try {
    const [event] = admitAll([readInputText(text, options)], producer, grants);
    return event!;
  } catch (error) {
    if (error instanceof NotAllowed) return { refusalClass: "not_allowed", reason: error.message };
    if (!(error instanceof InvalidEvent)) throw error;
    return { refusalClass: error.refusalClass, reason: error.problems.join("; ") };
  }
}

/** Appends the events. One that can't be stored is refused, so it blocks no other. */
async function appendEvents(tx: Sql, events: readonly OutboxEvent[], partitions: number): Promise<Drained> {
  const refused: RefusedRow[] = [];
  while (events.length > 0) {
    try {
      const { allowed, fault } = await judged(tx, events, partitions);
      if (fault !== undefined) {
        refused.push(fault);
        events = allowed;
        continue;
      }
      const touched = await (tx as unknown as postgres.TransactionSql).savepoint((inner) =>
        appendAll(inner as unknown as Sql, events, partitions)
      );
      return { touched, appended: events, refused };
    } catch (error) {
      if (codeOf(error) !== "ZS002") {
        const rest = await appendOneByOne(tx, events, partitions, error);
        return { ...rest, refused: [...refused, ...rest.refused] };
      }
      const reason = new EventIdConflict(detailOf(error)).message;
      const clashing = findClashing(events, detailOf(error));
      for (const { id } of clashing) refused.push({ id, refusalClass: "id_conflict", reason });
      events = events.filter((event) => !clashing.includes(event));
    }
  }
  return { touched: [], appended: [], refused };
}

/** Takes out the first event that its case does not allow: what comes after it is then judged without it. */
async function judged(
  tx: Sql,
  events: readonly OutboxEvent[],
  partitions: number,
): Promise<{ allowed: readonly OutboxEvent[]; fault?: RefusedRow }> {
  const wire = events.map(({ event }) => event);
  if (!asksForHistory(wire)) return { allowed: events };
  const fault = await historyFaultOf(tx, partitionsAndRows(wire, partitions).touched, events);
  if (fault === undefined) return { allowed: events };
  const at = wire.indexOf(fault.event);
  const { id, producer } = events[at]!;
  const reason = new NotAllowed(fault.reason).message;
  return {
    allowed: events.toSpliced(at, 1),
    fault: { id, refusalClass: "not_allowed", reason, by: producer.name },
  };
}

/** Under an id with several contents: those that differ from the first, which may be stored; else all of them. */
function findClashing(events: readonly OutboxEvent[], eventId: string): OutboxEvent[] {
  const all = events.filter(({ event }) => event.event_id === eventId);
  const others = all.filter(({ event }) => !isSameFact(event, all[0]!.event));
  return others.length > 0 ? others : all;
}

/** What the store compares. */
function isSameFact(one: WireEvent, other: WireEvent): boolean {
  const fact = ({ event_type, correlation_id, data }: WireEvent) => [event_type, correlation_id, data];
  return isDeepStrictEqual(fact(one), fact(other));
}

/** After the database refused a row of several without saying which: each by itself, in their order. */
async function appendOneByOne(
  tx: Sql,
  events: readonly OutboxEvent[],
  partitions: number,
  error: unknown,
): Promise<Drained> {
  const reason = rowRefusal(error);
  if (reason === undefined) throw error;
  if (events.length === 1) {
    return { touched: [], appended: [], refused: [{ id: events[0]!.id, refusalClass: "invalid", reason }] };
  }
  const each: Drained[] = [];
  for (const event of events) each.push(await appendEvents(tx, [event], partitions));
  return {
    touched: [...new Set(each.flatMap(({ touched }) => touched))],
    appended: each.flatMap(({ appended }) => appended),
    refused: each.flatMap(({ refused }) => refused),
  };
}

async function appendAll(tx: Sql, events: readonly OutboxEvent[], partitions: number): Promise<number[]> {
  const { touched, rows } = partitionsAndRows(events.map(({ event }) => event), partitions);
  const ids = events.map(({ id }) => id);
  await tx`delete from zaakstroom.outbox where id = any (${`{${ids.join(",")}}`}::bigint[])`;
  await tx`select zaakstroom.insert_idempotent(${rows}, ${`{${touched.join(",")}}`}::smallint[])`;
  return touched;
}

async function refuse(tx: Sql, refused: readonly RefusedRow[]): Promise<void> {
  const ids = `{${refused.map(({ id }) => id).join(",")}}`;
  const reasons = arrayOf(refused.map(({ reason }) => reason));
  await tx`update zaakstroom.outbox o set refused_for = r.reason
    from unnest(${ids}::bigint[], ${reasons}::text[]) as r (id, reason) where o.id = r.id`;
  for (const { refusalClass, reason, by } of refused) {
    if (refusalClass === "not_allowed") {
      await tx`select zaakstroom.record_refusal(${reason}, ${by ?? null}::text)`;
    }
  }
}
