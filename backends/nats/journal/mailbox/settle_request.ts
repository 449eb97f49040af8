/** What a node that has leased a processor alone asks of the owner of the partition, and the answer, as bytes. @module */
import { concat } from "@std/bytes/concat";
import { SettlementRefused } from "../../../errors.ts";
import type { Batch } from "../../../mailbox/batch.ts";
import type { InFlightMark, Settlement } from "../../../mailbox/mailbox.ts";
import type { SettleStatus } from "../../../mailbox/mailbox_store.ts";
import type { Contribution } from "../partition/commit_queue.ts";
import { type FrameSize, packFrame, unpackFrame } from "../record/frames.ts";
import { markContribution, settleContribution } from "./settle_contribution.ts";

/** In whose name is asked. */
interface Asker {
  readonly processor: string;
  readonly epoch: number;
}

/** A settlement of a batch that fits a record, or a mark. */
export type SettleRequest =
  | { readonly kind: "settle"; readonly asker: Asker; readonly batch: Batch; readonly settlement: Settlement }
  | { readonly kind: "mark"; readonly asker: Asker; readonly mark: InFlightMark };

type SettleOutcome = SettleStatus | "marked";

/** `again`: whoever was asked owns the partition no more, or can't reach the store. `refused`: it holds what can't be stored; `invalid`: it is
 * no settlement of this mailbox. */
export type SettleAnswer =
  | { readonly kind: SettleOutcome | "again" }
  | { readonly kind: "refused" | "invalid"; readonly message: string };

/** From so many bytes on they are compressed. */
const COMPRESS_FROM = 8_192;
const LINE_BREAK = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const NOTHING = new Uint8Array();

export function encodeSettle(request: SettleRequest): Uint8Array {
  if (request.kind === "mark") return encoder.encode(`${JSON.stringify(request)}\n`);
  const { asker, batch: { lines, ...batch }, settlement: { outputs, ...settlement } } = request;
  // A fresh batch is judged by its bounds alone.
  const parts = [batch.kind === "fresh" ? NOTHING : lines, outputs];
  const packed = parts.map((bytes) => packFrame(bytes, bytes.length > COMPRESS_FROM));
  const sizes = parts.map((bytes, i): FrameSize => [bytes.length, packed[i]!.length]);
  const head = { kind: "settle", asker, batch, settlement, sizes };
  return concat([encoder.encode(`${JSON.stringify(head)}\n`), ...packed]);
}

/** What is asked. Throws for bytes that are no request, which only another node may send. */
export function decodeSettle(bytes: Uint8Array): SettleRequest {
  const end = bytes.indexOf(LINE_BREAK);
  const { sizes, ...head } = JSON.parse(decoder.decode(bytes.subarray(0, end)));
  if (head.kind === "mark") return head;
  const [lines, outputs] = unpack(bytes.subarray(end + 1), sizes);
  return { ...head, batch: { ...head.batch, lines }, settlement: { ...head.settlement, outputs } };
}

function unpack(packed: Uint8Array, sizes: readonly FrameSize[]): Uint8Array[] {
  let at = 0;
  return sizes.map((size) => {
    const bytes = unpackFrame(packed.subarray(at, at += size[1]), size);
    if (bytes === undefined) throw new RangeError("A settlement is not whole");
    return bytes;
  });
}

/** The request as a part of the next record. */
export function requestContribution(request: SettleRequest, now: () => number): Contribution<SettleOutcome> {
  if (request.kind === "mark") return markContribution(request.asker, request.mark);
  const { asker, batch, settlement } = request;
  return settleContribution(asker, batch, settlement, now);
}

export function encodeSettleAnswer(answer: SettleAnswer): Uint8Array {
  return encoder.encode(JSON.stringify(answer));
}

/** What became of it; undefined where it is to be asked again. Throws what it was refused for. */
export function outcomeIn(bytes: Uint8Array): SettleOutcome | undefined {
  const answer = JSON.parse(decoder.decode(bytes)) as SettleAnswer;
  if (answer.kind === "refused") throw new SettlementRefused(answer.message);
  if (answer.kind === "invalid") throw new RangeError(answer.message);
  return answer.kind === "again" ? undefined : answer.kind;
}
