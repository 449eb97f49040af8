/** Verifies the chain of a partition on JetStream: each record against its link, and against the record before it. @module */
import type { Break, KeptHead, PartitionReport } from "../../../chain/report.ts";
import { LINK_HEADER, linkOf, NO_LINK } from "../record/link.ts";
import { readHead } from "../record/decode_record.ts";
import { eventPosition } from "../record/record.ts";
import type { MessageBytes } from "../../stream/direct_get.ts";

/** What is read of a record that is stored. */
type StoredMessage = Pick<MessageBytes, "position" | "data" | "header">;

/** Reads all records of a partition, and stops at the first break. */
export async function verifyRecords(
  messages: AsyncIterable<StoredMessage>,
  partition: number,
  kept?: KeptHead,
): Promise<PartitionReport> {
  let last = { sequence: 0, link: NO_LINK };
  let [blocks, events, broken]: [number, number, Break | undefined] = [0, 0, undefined];
  for await (const message of messages) {
    broken = recordBreak(message, last) ?? keptBreak(message, blocks + 1, kept);
    if (broken !== undefined) break;
    blocks++;
    events += eventsIn(message.data);
    last = { sequence: message.position, link: message.header(LINK_HEADER)! };
  }
  if (kept !== undefined && blocks < kept.blocks) broken ??= removedHead(kept);
  const found = { partition, blocks, events, uncovered: 0, head: last.link };
  return broken === undefined ? found : { ...found, broken };
}

/** What is wrong with a record behind the last one that is as it was. */
function recordBreak(
  message: StoredMessage,
  last: { readonly sequence: number; readonly link: string },
): Break | undefined {
  const { position: sequence, data } = message;
  const link = message.header(LINK_HEADER);
  if (link === undefined) return { kind: "record", ...placeOf(sequence), why: "no node wrote it" };
  if (link === linkOf(last.link, data)) return undefined;
  const before = sequenceBefore(sequence, data);
  if (before !== undefined && before > last.sequence) {
    return { kind: "record", ...placeOf(before), why: "it is gone" };
  }
  const isElsewhere = before !== undefined && before < last.sequence;
  return {
    kind: "record",
    ...placeOf(sequence),
    why: isElsewhere ? "it was behind another record" : "it is not as it was stored",
  };
}

function placeOf(sequence: number): { readonly sequence: number; readonly position: number } {
  return { sequence, position: eventPosition(sequence, 0) };
}

/** The sequence of the record that was before it when it was written; undefined where its head can't be read. */
function sequenceBefore(sequence: number, data: Uint8Array): number | undefined {
  const head = readHead(data);
  if (typeof head === "string") return undefined;
  return (head.part?.[0] ?? 0) > 0 ? sequence - 1 : head.before;
}

function keptBreak(message: StoredMessage, number: number, kept: KeptHead | undefined): Break | undefined {
  if (number !== kept?.blocks || message.header(LINK_HEADER) === kept.head) return undefined;
  return { kind: "record", ...placeOf(message.position), why: "it is not the one whose hash was kept" };
}

function removedHead({ blocks }: KeptHead): Break {
  return { kind: "block", number: blocks, why: "it is gone, and was there when its hash was kept" };
}

function eventsIn(data: Uint8Array): number {
  const head = readHead(data);
  return typeof head === "string" ? 0 : head.frames.reduce((sum, [events]) => sum + events, 0);
}
