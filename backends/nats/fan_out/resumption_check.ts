/** Where the fan-out goes on, or why it can't: what others have seen must be what the log has. @module */
import { FanOutHeld } from "../../fan_out.ts";
import type { NatsClient } from "../connection/client.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import { indexOf, recordSequenceOf } from "../journal/record/record.ts";
import { readBytesAt } from "../stream/direct_get.ts";
import type { CheckpointStore, FoundCheckpoint } from "./checkpoint.ts";
import type { Resumption } from "./place.ts";

const ASKS =
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
