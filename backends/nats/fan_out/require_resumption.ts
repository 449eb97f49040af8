/** Where the fan-out goes on, or why it can't: what others have seen must be what the log has. @module */
import { logName } from "../../../schema/nats/log.ts";
import { BackendUnusable } from "../../errors.ts";
import { FanOutHeld, type FanOutStart } from "../../fan_out.ts";
import type { NatsClient } from "../connection/client.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import { eventPosition, indexOf, MAX_RECORD_EVENTS, recordSequenceOf } from "../journal/record/record.ts";
import { readBytesAt } from "../stream/direct_get.ts";
import type { EventsShape } from "../setup/events_stream.ts";
import { CheckpointStore, type FoundCheckpoint } from "./checkpoint.ts";
import type { Place, Resumption } from "./place.ts";

export const ASKS =
  "The fan-out does not know how far it came: answer by setup --fan-out-from now, or --fan-out-from beginning";

/** What was copied and is not in the log, somebody may have seen. */
export const AHEAD =
  "The fan-out is ahead of the log, which was restored or lost its end: answer by setup --fan-out-from now";

/** Throws FanOutHeld where nothing says where it is, or the log is not the one that was copied. */
export async function requireResumption(
  client: NatsClient,
  log: string,
  checkpoint: CheckpointStore,
): Promise<Resumption> {
  const last = await lastOf(client, log);
  const found = await checkpoint.find(last === 0);
  const fault = found && await faultOf(client, log, last, found);
  if (fault !== undefined) throw new FanOutHeld(fault);
  return found!.resumption!;
}

/** Why it can't go on; undefined where it can. */
export async function faultOf(
  client: NatsClient,
  log: string,
  last: number,
  { resumption, message }: FoundCheckpoint,
): Promise<string | undefined> {
  if (resumption === undefined) return ASKS;
  if (recordSequenceOf(resumption.position) > last) return AHEAD;
  if (message === undefined || message.position !== resumption.position) return undefined;
  const bytes = await readBytesAt(client, log, recordSequenceOf(message.position));
  const record = bytes && decodeRecord(bytes);
  // A replica that is behind has none yet.
  if (record === undefined) return undefined;
  const index = indexOf(message.position);
  const isSame = record.kind === "record" && record.events[index]?.eventId === message.eventId;
  return isSame ? undefined : AHEAD;
}

/** The last sequence of the log, by the server that takes the writes. */
export async function lastOf(client: NatsClient, log: string): Promise<number> {
  return (await client.manage(({ streams }) => streams.info(log))).state.last_seq;
}

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
