/** A stretch of history to be played: the events of a case, or those of all cases from a moment on. @module */
import type { Backend } from "../../../../backends/backend.ts";
import type { ReplayRange } from "../../../../backends/event_store.ts";
import type { StoppedDelivery } from "../../../../backends/dead_letters.ts";
import type { StoredEvent } from "../../../../schema/delivery_line.ts";
import { MOST_LETTERS } from "../../acts/on_group.ts";
import { instantOf } from "./dutch_time.ts";

/** Events of one page: each of them is a step, and all of them are sent at once. */
export const MOST_EVENTS = 500;
/** Where no stretch is asked for, the last ones. */
const LATEST = 200;

/** What a query asks for. */
export interface AskedSlice {
  readonly caseId: string;
  /** As the form has them. */
  readonly from: string;
  readonly to: string;
  /** The position of the first event; where a stretch before it ended. */
  readonly fromPosition: number | undefined;
}

export interface Slice {
  readonly events: readonly StoredEvent[];
  /** The position of the first event that is left out, where there are more. */
  readonly next: number | undefined;
  /** What is stuck now at one of the events. */
  readonly dead: readonly StoppedDelivery[];
  readonly parked: readonly StoppedDelivery[];
}

export function askedSlice(query: URLSearchParams): AskedSlice {
  const text = (name: string) => query.get(name)?.trim() ?? "";
  const position = Number(text("position"));
  return {
    caseId: text("case"),
    from: text("from"),
    to: text("to"),
    fromPosition: Number.isSafeInteger(position) && position > 0 ? position : undefined,
  };
}

/** Whether both moments can be read, and in this order. */
export function isReadable({ from, to }: AskedSlice): boolean {
  const [first, last] = [instantOf(from), instantOf(to)];
  if ((from !== "" && first === undefined) || (to !== "" && last === undefined)) return false;
  return first === undefined || last === undefined || first <= last;
}

/** Reads no more than a page takes, however long the stretch is. */
export async function readSlice(backend: Backend, asked: AskedSlice): Promise<Slice> {
  const source = asked.caseId === ""
    ? backend.readAll(await rangeOf(backend, asked))
    : backend.readCase(asked.caseId);
  const events: StoredEvent[] = [];
  let next: number | undefined;
  for await (const stored of source) {
    if (events.length < MOST_EVENTS) events.push(stored);
    else {
      next = stored.position;
      break;
    }
  }
  const filter = { limit: MOST_LETTERS, ...(asked.caseId === "" ? {} : { caseId: asked.caseId }) };
  const [dead, parked] = await Promise.all([backend.deadLetters.list(filter), backend.parked.list(filter)]);
  const positions = new Set(events.map(({ position }) => position));
  const within = (all: readonly StoppedDelivery[]) =>
    all.filter(({ event }) => positions.has(event.position));
  return { events, next, dead: within(dead), parked: within(parked) };
}

async function rangeOf(backend: Backend, { from, to, fromPosition }: AskedSlice): Promise<ReplayRange> {
  const [first, last] = [instantOf(from), instantOf(to)];
  const range = {
    ...(first === undefined ? {} : { fromTime: new Date(first).toISOString() }),
    ...(last === undefined ? {} : { toTime: new Date(last).toISOString() }),
  };
  if (fromPosition !== undefined) return { ...range, fromPosition };
  if (first !== undefined || last !== undefined) return range;
  return { fromPosition: Math.max(1, (await backend.lastPosition?.() ?? 0) - LATEST + 1) };
}
