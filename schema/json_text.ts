/** JSON text as events are sent in, refused where parsing it would change or drop something in silence. @module */
import { InvalidEvent } from "./codec.ts";

/** What parsing would change, and at which character it stands. */
interface JsonLoss {
  readonly at: number;
  readonly problem: string;
}

/** Values are nested deeper than any event may be, an array of events around it included. */
const MAX_DEPTH = 70;

/** The text of bytes. Throws InvalidEvent for another encoding, which would be stored as replacement characters. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidEvent(["not UTF-8 text"], "not_text");
  }
}

/** The value of a JSON text. Throws InvalidEvent where it is none, or would not be kept as it was written. */
export function parseJsonText(text: string): unknown {
  const value = parse(text);
  const loss = findJsonLoss(text);
  if (loss !== undefined) throw new InvalidEvent([loss.problem]);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text.
    throw new InvalidEvent(["not a JSON value"], "not_json");
  }
}

/** The names of an open object, or how many elements an open array has had. */
interface Level {
  readonly names: Set<string> | undefined;
  /** The name or index that the scan is at. */
  step: string;
  index: number;
}

/**
 * The first thing in a valid JSON text that parsing would change: a number that no double holds as it is written, or a name
 * that stands twice in its object, of which the last would win. undefined when there is none.
 */
export function findJsonLoss(text: string): JsonLoss | undefined {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      const top = levels.at(-1);
      if (top?.names !== undefined && isName(text, end)) {
        if (!enterName(top, text.slice(at, end))) return lossAt(at, levels, "stands twice");
      }
      at = end - 1;
    } else if (char === "{" || char === "[") {
      levels.push({ names: char === "{" ? new Set() : undefined, step: "0", index: 0 });
      if (levels.length > MAX_DEPTH) return lossAt(at, [], "an event is nested at most 64 levels deep");
    } else if (char === "}" || char === "]") levels.pop();
    else if (char === ",") countElement(levels.at(-1)!);
    else if (char === "-" || (char >= "0" && char <= "9")) {
      const number = numberAt(text, at);
      if (!isKept(number)) {
        return lossAt(at, levels, "this number can't be kept as it is written: write it as text");
      }
      at += number.length - 1;
    }
  }
  return undefined;
}

/** The index behind the closing quote: the first one with an even number of backslashes in front. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1);; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

const COLON = /\s*:/y;

/** A string in front of a colon is a name. */
function isName(text: string, end: number): boolean {
  COLON.lastIndex = end;
  return COLON.test(text);
}

/** False when the object has the name already, however it is escaped. */
function enterName(level: Level, quoted: string): boolean {
  level.step = quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
  const isNew = !level.names!.has(level.step);
  level.names!.add(level.step);
  return isNew;
}

function countElement(level: Level): void {
  if (level.names === undefined) level.step = String(++level.index);
}

const NUMBER = /[-+.\deE]+/y;

function numberAt(text: string, at: number): string {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)![0];
}

/** Fifteen digits and a point are always kept. */
const ALWAYS_KEPT = /^-?[\d.]{1,16}$/;

function isKept(written: string): boolean {
  if (ALWAYS_KEPT.test(written) && written.length <= 15) return true;
  const value = Number(written);
  return Number.isFinite(value) && decimalOf(written) === decimalOf(String(value));
}

/** The digits without zeros at either end and the power of ten: the same for every way to write one number. */
function decimalOf(written: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(
    written,
  )!;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}

/** A name that says nothing of a person: other names are left out of messages, as values are. */
const PLAIN_NAME = /^(?:[a-z_][\w-]{0,40}|\d{1,6})$/i;

function lossAt(at: number, levels: readonly Level[], problem: string): JsonLoss {
  const path = levels.map(({ step }) => PLAIN_NAME.test(step) ? step : "(a name)").join(".");
  return { at, problem: path === "" ? problem : `${path}: ${problem}` };
}
