/** Reading JSON or NDJSON from a stream, with line numbers. @module */

import { InvalidEvent } from "../../../schema/codec.ts";
import { findJsonLoss, parseJsonText } from "../../../schema/json_text.ts";

/** One value of the text, or what is wrong with it. */
export interface TextRecord {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly value?: unknown;
  readonly problem?: string;
}

/** A line longer than this is no event. In characters. */
const LONGEST_LINE = 1_000_000;
/** No character takes more than three bytes a code unit: what is longer than this is longer than that. */
const LONGEST_LINE_BYTES = 3 * LONGEST_LINE;
/** The longest JSON value over several lines. */
const LONGEST_DOCUMENT = 64_000_000;
const LINE_FEED = 10;

/**
 * The records of a text: of one JSON value over several lines (an array gives its elements), or of a value a line.
 * A text is taken as one value when its first line is not a value by itself.
 */
export async function* jsonRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TextRecord> {
  const lines = numberedLines(bytes);
  const first = await lines.next();
  if (first.done) return;
  const value = parse(first.value);
  if (value.problem !== undefined && /^\s*[[{]\s*$|^\s*[[{].*[,{[:]\s*$/.test(first.value.text)) {
    return yield* oneDocument(first.value, lines);
  }
  yield* elementsOf(value);
  for await (const line of lines) yield parse(line);
}

interface Line {
  readonly line: number;
  readonly text: string;
  readonly notText?: boolean;
}

async function* numberedLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let chunks: Uint8Array[] = [];
  let line = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      chunks.push(chunk.subarray(start, end));
      yield* decodeLine(++line, chunks);
      chunks = [];
      start = end + 1;
    }
    chunks.push(chunk.subarray(start));
    if (sizeOf(chunks) > LONGEST_LINE_BYTES) break;
  }
  yield* decodeLine(line + 1, chunks);
}

function* decodeLine(line: number, chunks: readonly Uint8Array[]): Generator<Line> {
  const text = decode(line === 1 ? withoutByteOrderMark(joinChunks(chunks)) : joinChunks(chunks));
  if (text === undefined) yield { line, text: "", notText: true };
  else if (text.trim() !== "") yield { line, text };
}

/** The text, or undefined: bytes of another encoding would be stored as question marks. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return marked ? bytes.subarray(3) : bytes;
}

function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(sizeOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function parse({ line, text, notText }: Line): TextRecord {
  if (notText) return { line, problem: "not UTF-8 text" };
  if (text.length > LONGEST_LINE) {
    return { line, problem: "longer than 1,000,000 characters: put one event on a line" };
  }
  try {
    return { line, value: parseJsonText(text) };
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error;
    return { line, problem: error.problems.join("; ") };
  }
}

async function* oneDocument(first: Line, lines: AsyncIterable<Line>): AsyncGenerator<TextRecord> {
  const texts = [first.text];
  const numbers = [first.line];
  let length = 0;
  for await (const { line, text, notText } of lines) {
    if (notText) return yield parse({ line, text, notText });
    texts.push(text);
    numbers.push(line);
    if ((length += text.length) > LONGEST_DOCUMENT) {
      return yield {
        line: first.line,
        problem: "a JSON value of more than 64,000,000 characters: use NDJSON",
      };
    }
  }
  yield* elementsOf(parseDocument(texts.join("\n"), numbers));
}

/** The value of a text whose lines have these numbers. What would not be kept is named by its own line. */
function parseDocument(text: string, numbers: readonly number[]): TextRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line: numbers[0]!, problem: "not a JSON value" };
  }
  const loss = findJsonLoss(text);
  if (loss === undefined) return { line: numbers[0]!, value };
  return { line: numbers[text.slice(0, loss.at).split("\n").length - 1]!, problem: loss.problem };
}

function* elementsOf(record: TextRecord): Generator<TextRecord> {
  if (!Array.isArray(record.value)) return yield record;
  for (const value of record.value) yield { line: record.line, value };
}
