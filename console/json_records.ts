/** Reading JSON or NDJSON from a stream, with line numbers. @module */

/** One value of the text, or what is wrong with it. */
export interface TextRecord {
  /** The line it begins on, from 1. */
  readonly line: number;
  readonly value?: unknown;
  readonly problem?: string;
}

/** A line longer than this is no event. In characters. */
const LONGEST_LINE = 1_000_000;
/** One JSON value over several lines may be so long. */
const LONGEST_DOCUMENT = 64_000_000;

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
}

async function* numberedLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  for await (const chunk of bytes) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop()!;
    for (const text of parts) if (++line && text.trim() !== "") yield { line, text };
    if (rest.length > LONGEST_LINE) break;
  }
  if (rest.trim() !== "") yield { line: line + 1, text: rest };
}

function parse({ line, text }: Line): TextRecord {
  if (text.length > LONGEST_LINE) return { line, problem: "longer than 1,000,000 characters" };
  try {
    return { line, value: JSON.parse(text) };
  } catch {
    // The parser's own message would quote the text.
    return { line, problem: "not a JSON value" };
  }
}

async function* oneDocument(first: Line, lines: AsyncIterable<Line>): AsyncGenerator<TextRecord> {
  const texts = [first.text];
  let length = 0;
  for await (const { text } of lines) {
    texts.push(text);
    if ((length += text.length) > LONGEST_DOCUMENT) {
      return yield {
        line: first.line,
        problem: "a JSON value of more than 64,000,000 characters: use NDJSON",
      };
    }
  }
  try {
    yield* elementsOf({ line: first.line, value: JSON.parse(texts.join("\n")) });
  } catch {
    yield { line: first.line, problem: "not a JSON value" };
  }
}

function* elementsOf(record: TextRecord): Generator<TextRecord> {
  if (!Array.isArray(record.value)) return yield record;
  for (const value of record.value) yield { line: record.line, value };
}
