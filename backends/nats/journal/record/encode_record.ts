/**
 * Writes a record as bytes: a line of JSON with its head, then its events in frames as the lines that deliveries are made
 * of, then what else it changes. Reading is `decode_record.ts`.
 * @module
 */
import { concat } from "@std/bytes/concat";
import { type VersionedEvent, writeLines, type WrittenEvent } from "./event_lines.ts";
import { caseTag, type FrameSize, packFrame } from "./frames.ts";
import { FRAME_BYTES, type LogRecord, RECORD_FORMAT, type RecordChanges, type RecordHead } from "./record.ts";

/** The content of a record before it is written. */
interface RecordDraft {
  readonly head: RecordHead;
  readonly changes: RecordChanges;
  readonly events: readonly VersionedEvent[];
}

/** The bytes of a record, and the record as they will be read. */
export interface EncodedRecord {
  readonly payload: Uint8Array;
  readonly record: LogRecord;
}

/** A frame of events in the head: how many, their bytes, and the tags of their cases where there are more frames. */
export type EventFrame = readonly [events: number, raw: number, stored: number, tags?: string];

/** The first line of a record. */
export interface HeadLine extends RecordHead {
  readonly format: typeof RECORD_FORMAT;
  readonly frames: readonly EventFrame[];
  readonly changes?: FrameSize;
}

/** From so many bytes on a record is compressed: below it costs more time than the bytes are worth. */
const COMPRESS_FROM = 8_192;
const encoder = new TextEncoder();

/** Encodes a record. Its events share one buffer with the result. */
export function encodeRecord({ head, changes, events }: RecordDraft): EncodedRecord {
  const { lines, read } = writeLines(events);
  const more = isEmpty(changes) ? new Uint8Array() : encoder.encode(JSON.stringify(changes));
  const compress = lines.length + more.length > COMPRESS_FROM;
  const slices = sliceLines(read);
  const packed = slices.map(({ start, end }) => packFrame(lines.subarray(start, end), compress));
  const frames = slices.map(({ start, end, events }, i): EventFrame => {
    const frame = [events.length, end - start, packed[i]!.length] as const;
    return slices.length === 1 ? frame : [...frame, tagsOf(events)];
  });
  const last = packFrame(more, compress);
  const line: HeadLine = {
    format: RECORD_FORMAT,
    ...head,
    frames,
    ...(more.length === 0 ? {} : { changes: [more.length, last.length] }),
  };
  return {
    payload: concat([encoder.encode(`${JSON.stringify(line)}\n`), ...packed, last]),
    record: { kind: "record", head, changes, events: read.map(({ event }) => event) },
  };
}

function isEmpty({ timers, parked, trail }: RecordChanges): boolean {
  return timers.length + parked.length + trail.length === 0;
}

interface LineSlice {
  readonly start: number;
  end: number;
  readonly events: WrittenEvent[];
}

/** Cuts the lines into frames. One line may be larger than a frame. */
function sliceLines(lines: readonly WrittenEvent[]): LineSlice[] {
  const slices: LineSlice[] = [];
  for (const line of lines) {
    const open = slices.at(-1);
    if (open === undefined || line.end - open.start > FRAME_BYTES) {
      slices.push({ start: line.start, end: line.end, events: [line] });
    } else {
      open.end = line.end;
      open.events.push(line);
    }
  }
  return slices;
}

function tagsOf(events: readonly WrittenEvent[]): string {
  return [...new Set(events.map(({ event }) => event.caseId))].map(caseTag).join("");
}
