/** The background jobs of a node: firing the timers of its partitions, and taking events in from the ingest subject. @module */
import { ingestName } from "../../../../schema/nats.ts";
import { inboxName } from "../../../../schema/nats/log.ts";
import { repeat } from "../../../primitives/repeat.ts";
import { type IngestContext, ingestPending } from "../../operations/ingest.ts";
import type { InboxContext } from "../../operations/ingest_inbox.ts";
import type { RecordContext } from "../store/record_context.ts";
import { recordAct } from "./record_act.ts";
import { fireDueTimers } from "./fire_timers.ts";

/** How late a timer may fire. */
const TIMERS_INTERVAL_MS = 250;
const INGEST_INTERVAL_MS = 250;

interface MaintenanceOptions
  extends Pick<IngestContext, "append" | "onInputRefused" | "producers" | "names"> {
  /** The clock timers are measured against; undefined: the clock of the store. */
  readonly timersAsOf: (() => Date) | undefined;
}

/** Runs the jobs until the signal aborts. */
export async function runRecordMaintenance(
  context: RecordContext,
  { timersAsOf, ...ingesting }: MaintenanceOptions,
  signal: AbortSignal,
): Promise<void> {
  const { partitions, clock } = context;
  const fireTimers = async () => {
    const now = timersAsOf?.().getTime() ?? clock.now();
    await Promise.all(partitions.owned.map((owner) => fireDueTimers(owner, now)));
    return TIMERS_INTERVAL_MS;
  };
  const ingestContext = { ...inboxContext(context), ...ingesting };
  const ingest = async () => await ingestPending(ingestContext) > 0 ? 0 : INGEST_INTERVAL_MS;
  await Promise.all([repeat(fireTimers, signal), repeat(ingest, signal, () => context.restore())]);
}

/** Where events that producers leave wait, and what is refused. */
export function inboxContext(
  { client, clock, subjects, stream, partitions }: RecordContext,
): InboxContext {
  return {
    client,
    subjects,
    ingestStream: ingestName(stream),
    inboxStream: inboxName(stream),
    record: (act) => recordAct({ partitions, clock }, act),
  };
}
