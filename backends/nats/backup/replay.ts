/** Brings restored streams to a moment: what was kept since the backup is written again, records under their own sequences. @module */
import { headers as newHeaders, type MsgHdrs } from "@nats-io/transport-deno";
import { BackupError } from "../../backup/errors.ts";
import { reproducibleRootId } from "../../../schema/ids.ts";
import { readInputText } from "../../../schema/input.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { millis, readWhole } from "../stream/direct_get.ts";
import { type Cut, isGone } from "./cut.ts";
import type { MessageEntry, ReadEntry } from "./entries.ts";
import { logOf, type RecordRestorePlan } from "./restore_plan.ts";

/** A message that was kept. */
export type KeptMessage = MessageEntry & { readonly data: Uint8Array };

/** Requests under way at most: one connection keeps their order. */
const AT_ONCE = 256;

/** Writes the records behind the backup up to the cut. Returns what is to be written to the other streams, once they are counted. */
export async function replayLog(
  client: NatsClient,
  { base }: RecordRestorePlan,
  cut: Cut,
  entries: AsyncIterable<ReadEntry>,
  onRecord: () => void,
): Promise<KeptMessage[]> {
  const ends = new Map(base.streams.map(({ config, state }) => [config.name, state.last_seq]));
  const log = logOf(base).config.name;
  const others: KeptMessage[] = [];
  const writes = new InOrder();
  let last = ends.get(log)!;
  for await (const entry of entries) {
    if (entry.kind !== "message" || entry.sequence <= (ends.get(entry.stream) ?? 0)) continue;
    if (entry.stream !== log) {
      if (entry.at <= cut.at && !isGone(cut.gone.get(entry.stream), entry.sequence)) others.push(entry);
    } else if (entry.sequence > last && entry.sequence <= cut.last) {
      if (entry.sequence !== last + 1) throw hole(log, last + 1);
      await writes.add(() => writeRecord(client, entry));
      last = entry.sequence;
      onRecord();
    }
  }
  await writes.done();
  if (last !== cut.last) throw hole(log, last + 1);
  return others;
}

/** Work that is begun in order, and so much of it at once. */
class InOrder {
  #pending: Promise<void>[] = [];

  async add(work: () => Promise<void>): Promise<void> {
    const begun = work();
    begun.catch(() => {});
    this.#pending.push(begun);
    if (this.#pending.length >= AT_ONCE) await this.#pending.shift();
  }

  async done(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

async function writeRecord(client: NatsClient, entry: KeptMessage): Promise<void> {
  const headers = headersOf(entry);
  headers.set("Nats-Expected-Last-Sequence", String(entry.sequence - 1));
  const { seq } = parseAnswer<{ readonly seq: number }>(
    await client.request(entry.subject, entry.data, headers),
  );
  if (seq !== entry.sequence) throw hole(entry.stream, entry.sequence);
}

function headersOf({ headers }: MessageEntry): MsgHdrs {
  const made = newHeaders();
  for (const [name, value] of headers) made.append(name, value);
  return made;
}

function hole(stream: string, sequence: number): BackupError {
  return new BackupError("damaged", `The backup has no message ${sequence} of ${stream}, and later ones`);
}

/**
 * Brings a stream whose messages come and go to the moment: those that were gone go, and those that came are written. An event
 * that waits to be taken in and is in the log already, by its id, goes too.
 */
export async function settleOther(
  client: NatsClient,
  { config: { name }, created }: {
    readonly config: { readonly name: string };
    readonly created?: string | undefined;
  },
  cut: Cut,
  came: readonly KeptMessage[],
  isTaken: (id: string) => boolean,
): Promise<void> {
  const gone = cut.gone.get(name);
  for await (const { position, at, data } of readWhole(client, name, 1)) {
    const isOver = isGone(gone, position) ||
      isTaken(eventIdOf({ sequence: position, at, data, created }) ?? "");
    if (isOver) await client.manage(({ streams }) => streams.deleteMessage(name, position));
  }
  for (const message of came) {
    if (message.stream !== name || isTaken(eventIdOf(message) ?? "")) continue;
    parseAnswer(await client.request(message.subject, message.data, headersOf(message)));
  }
}

/** The id that a message on the ingest subject has as an event: its own, or what its place in the stream makes. */
function eventIdOf(
  { sequence, at, data, created }: Pick<KeptMessage, "sequence" | "at" | "data"> & {
    created?: string | undefined;
  },
): string | undefined {
  const time = millis(at);
  const newId = () => reproducibleRootId(time, created!, sequence, "ingest");
  try {
    return readInputText(data, { now: () => new Date(time), newId }).event_id;
  } catch {
    // It is no event, and will be refused as it was.
    return undefined;
  }
}
