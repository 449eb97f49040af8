/** Where a fan-out begins that has copied nothing, or does not know how far it came. @module */
import { logName } from "../../../schema/nats/log.ts";
import { BackendUnusable } from "../../errors.ts";
import type { FanOutStart } from "../../fan_out.ts";
import type { NatsClient } from "../connection/client.ts";
import { eventPosition, MAX_RECORD_EVENTS } from "../journal/record/record.ts";
import type { EventsShape } from "../setup/events_stream.ts";
import { CheckpointStore } from "./checkpoint.ts";
import type { Place } from "./place.ts";
import { faultOf, lastOf } from "./resumption_check.ts";

/** Notes down that a store in which nothing was stored yet is copied from its beginning. */
export async function beginNew(
  client: NatsClient,
  { stream, prefix }: Pick<EventsShape, "stream" | "prefix">,
): Promise<void> {
  const checkpoint = new CheckpointStore(client, stream, prefix);
  const copy = await checkpoint.readCopy();
  if (copy === undefined && await lastOf(client, logName(stream)) === 0) {
    await checkpoint.writeCopy(BEGINNING);
  }
}

const BEGINNING: Place = { position: 0, sequence: 0 };

/** Answers for a fan-out that asks where to go on. Throws BackendUnusable for one that knows. */
export async function startFanOut(client: NatsClient, store: EventsShape, start: FanOutStart): Promise<void> {
  const { stream, prefix } = store;
  const checkpoint = new CheckpointStore(client, stream, prefix);
  const log = logName(stream);
  const last = await lastOf(client, log);
  const found = await checkpoint.find(last === 0);
  if (found === undefined) throw new BackendUnusable("The store has no fan-out: start a node with it first");
  if (await faultOf(client, log, last, found) === undefined) {
    throw new BackendUnusable(
      "The fan-out knows how far it came, and goes on from there: nothing was changed",
    );
  }
  const position = start === "now" && last > 0 ? eventPosition(last, MAX_RECORD_EVENTS - 1) : 0;
  await checkpoint.writeCopy({ position, sequence: found.last });
}
