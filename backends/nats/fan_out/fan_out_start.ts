/** Where a fan-out begins that has copied nothing, or does not know how far it came. @module */
import { eventsName } from "../../../schema/nats/events_stream.ts";
import { logName } from "../../../schema/nats/log.ts";
import { BackendUnusable } from "../../errors.ts";
import type { FanOutStart } from "../../fan_out.ts";
import type { NatsClient } from "../connection/client.ts";
import { eventPosition, MAX_RECORD_EVENTS } from "../journal/record/record.ts";
import type { EventsShape } from "../setup/events_stream.ts";
import { readIfThere } from "../setup/stream_changes.ts";
import { CheckpointStore } from "./checkpoint.ts";
import type { Place } from "./place.ts";
import { faultOf, lastOf } from "./resumption_check.ts";

/**
 * Notes down that a log that was just made is copied from its beginning. Nothing where there is a copy, or a stream that has
 * copied another log.
 */
export async function beginNew(
  client: NatsClient,
  { stream, prefix }: Pick<EventsShape, "stream" | "prefix">,
): Promise<void> {
  const events = await readIfThere(client, eventsName(stream));
  if ((events?.state.last_seq ?? 0) > 0) return;
  const checkpoint = new CheckpointStore(client, stream, prefix);
  if (await checkpoint.readCopy() === undefined) await checkpoint.writeCopy(BEGINNING);
}

const BEGINNING: Place = { position: 0, sequence: 0 };

/** Answers for a fan-out that asks where to go on, or has copied nothing yet. Throws BackendUnusable for one that knows. */
export async function startFanOut(client: NatsClient, store: EventsShape, start: FanOutStart): Promise<void> {
  const { stream, prefix } = store;
  const checkpoint = new CheckpointStore(client, stream, prefix);
  const log = logName(stream);
  const last = await lastOf(client, log);
  const found = await checkpoint.find(last === 0);
  if (found === undefined) throw new BackendUnusable("The store has no fan-out: start a node with it first");
  const hasCopied = found.last > 0 || (found.resumption?.position ?? 0) > 0;
  if (hasCopied && await faultOf(client, log, last, found) === undefined) {
    throw new BackendUnusable(
      "The fan-out knows how far it came, and goes on from there: nothing was changed",
    );
  }
  const position = start === "now" && last > 0 ? eventPosition(last, MAX_RECORD_EVENTS - 1) : 0;
  await checkpoint.writeCopy({ position, sequence: found.last });
}
