/** An append as a request to the owner of a partition, and its answer, as bytes. @module */
import { concat } from "@std/bytes/concat";
import { InvalidEvent } from "../../../../schema/codec.ts";
import { BackendUnavailable, EventIdConflict, NotAllowed, VersionConflict } from "../../../errors.ts";
import type { AppendResult, ExpectedVersion } from "../../../event_store.ts";
import { EventTooLarge } from "../../connection/errors.ts";
import type { PendingEvent } from "../../stream/message.ts";
import { readLines, writeLines } from "../record/event_lines.ts";
import { packFrame, unpackFrame } from "../record/frames.ts";
import { OwnershipLost } from "../partition/record_writer.ts";
import type { RecordEvent } from "../record/record.ts";
import type { PartitionAppend } from "./append_contribution.ts";

/** The first line of a request; its events follow, as the lines of a record with schema versions in place of versions. */
interface RequestLine {
  readonly format: 1;
  readonly expected: ExpectedVersion;
  readonly checkOnly?: boolean;
  readonly judgedOn?: readonly (readonly [caseId: string, version: number])[];
  readonly bytes: number;
}

/** From so many bytes on the events are compressed. */
const COMPRESS_FROM = 8_192;
const LINE_BREAK = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function encodeAppend({ events, expected, judgedOn, checkOnly = false }: PartitionAppend): Uint8Array {
  const { lines } = writeLines(events.map((event) => ({ version: event.schemaVersion, event })));
  const head: RequestLine = {
    format: 1,
    expected,
    ...(checkOnly ? { checkOnly } : {}),
    ...(judgedOn === undefined ? {} : { judgedOn: [...judgedOn] }),
    bytes: lines.length,
  };
  const packed = packFrame(lines, lines.length > COMPRESS_FROM);
  return concat([encoder.encode(`${JSON.stringify(head)}\n`), packed]);
}

/** The append in a request; undefined for what is none, which anybody may have sent. */
export function decodeAppend(request: Uint8Array, partition: number): PartitionAppend | undefined {
  const end = request.indexOf(LINE_BREAK);
  const head = parseHead(decoder.decode(request.subarray(0, Math.max(0, end))));
  if (head === undefined) return undefined;
  const { expected, checkOnly = false, judgedOn, bytes } = head;
  const packed = request.subarray(end + 1);
  const lines = unpackFrame(packed, [bytes, packed.length]);
  const events = lines && readLines(lines)?.map((event) => pendingOf(event, partition));
  if (events === undefined || events.length === 0 || !isExpectable(events, expected)) return undefined;
  return { events, expected, checkOnly, ...(judgedOn === undefined ? {} : { judgedOn: new Map(judgedOn) }) };
}

function pendingOf({ version, eventId, type, caseId, rest }: RecordEvent, partition: number): PendingEvent {
  return { partition, eventId, type, caseId, schemaVersion: version, body: rest.subarray(1) };
}

function isExpectable(events: readonly PendingEvent[], expected: ExpectedVersion): boolean {
  return expected === "any" || events.every(({ caseId }) => caseId === events[0]!.caseId);
}

function parseHead(text: string): RequestLine | undefined {
  try {
    const { format, expected, checkOnly, judgedOn, bytes } = JSON.parse(text);
    const isKnown = format === 1 && isExpectation(expected) && isVersions(judgedOn) &&
      Number.isSafeInteger(bytes) && bytes >= 0;
    return isKnown ? { format, expected, checkOnly: checkOnly === true, judgedOn, bytes } : undefined;
  } catch {
    return undefined;
  }
}

function isExpectation(value: unknown): value is ExpectedVersion {
  if (value === "any" || value === "none") return true;
  return Number.isSafeInteger((value as { exact?: unknown } | null)?.exact);
}

function isVersions(value: unknown): boolean {
  const isPair = (each: unknown) =>
    Array.isArray(each) && typeof each[0] === "string" && Number.isSafeInteger(each[1]);
  return value === undefined || (Array.isArray(value) && value.every(isPair));
}

/** What an owner answers. `again`: it is none any more, or can't reach the store; whether anything was stored is unknown. */
export type AppendAnswer =
  | { readonly kind: "again" }
  | { readonly kind: "stored"; readonly result: AppendResult }
  | {
    readonly kind: "versionConflict";
    readonly caseId: string;
    readonly expected: ExpectedVersion;
    readonly actual: number;
  }
  | { readonly kind: "eventIdConflict"; readonly eventId: string }
  | { readonly kind: "tooLarge"; readonly message: string }
  | { readonly kind: "notAllowed"; readonly message: string }
  | { readonly kind: "notValid"; readonly problems: readonly string[] }
  | { readonly kind: "invalid" };

export function encodeAnswer(answer: AppendAnswer): Uint8Array {
  return encoder.encode(JSON.stringify(answer));
}

/** The answer to an append that was not stored; undefined where nothing is known of that. */
export function answerOf(error: unknown): AppendAnswer | undefined {
  if (error instanceof VersionConflict) {
    const { caseId, expected, actual } = error;
    return { kind: "versionConflict", caseId, expected, actual };
  }
  if (error instanceof EventIdConflict) return { kind: "eventIdConflict", eventId: error.eventId };
  if (error instanceof EventTooLarge) return { kind: "tooLarge", message: error.message };
  if (error instanceof NotAllowed) return { kind: "notAllowed", message: error.message };
  if (error instanceof InvalidEvent) return { kind: "notValid", problems: error.problems };
  if (error instanceof OwnershipLost || error instanceof BackendUnavailable) return { kind: "again" };
  return undefined;
}

/** The result in an answer; undefined where another owner is to be asked. Throws what the owner refused it for. */
export function resultIn(bytes: Uint8Array): AppendResult | undefined {
  const answer = JSON.parse(decoder.decode(bytes)) as AppendAnswer;
  switch (answer.kind) {
    case "again":
      return undefined;
    case "stored":
      return answer.result;
    case "versionConflict":
      throw new VersionConflict(answer.caseId, answer.expected, answer.actual);
    case "eventIdConflict":
      throw new EventIdConflict(answer.eventId);
    case "tooLarge":
      throw new EventTooLarge(answer.message);
    case "notAllowed":
      throw new NotAllowed(answer.message.replace(/^Not allowed: /, ""));
    case "notValid":
      throw new InvalidEvent(answer.problems);
    case "invalid":
      throw new RangeError("The owner of the partition can't read the request");
  }
}
