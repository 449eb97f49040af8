/** Text of others on its way to people: without control characters, without personal data. @module */
import { redactBsns } from "../../schema/bsn.ts";

/** Controls, invisible characters and line breaks: what could forge a line or repaint a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One printable line of at most `longest` characters: what can't be printed is shown by a symbol or its code point. */
export function toPrintable(text: string, longest = 200): string {
  const line = text.replace(UNPRINTABLE, symbolOf);
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** `␛` for an escape, which has a picture of its own; `<U+202E>` for what has none. */
function symbolOf(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? "␡" : `<${codeName(code)}>`;
}

const codeName = (code: number) => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** What has nothing of the sort for sure, tested in a fifth of the time: ASCII, Latin, punctuation, currencies. */
const PLAIN = /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u024f\u2010-\u2027\u20a0-\u20bf]*$/;

const ESCAPE = "\x1b";

/** The line breaks (CSV has two characters) and tabs of a text of several lines, and the colours that color.ts gives. */
const OWN = new RegExp(`([\\n\\t]|\\r(?=\\n|$)|${ESCAPE}\\[(?:1|22|31|32|39)m)`);

/** A text that holds foreign parts, as it is printed. Its own line breaks and colours stay. */
export function toPrintableLines(text: string): string {
  return text.split(OWN).map((part, i) => i % 2 === 1 ? part : toPrintable(part, Infinity)).join("");
}

/** The same value with every text in it, keys too, as one printable line: for a text that is made of its parts. */
export function toPrintableParts<T>(value: T): T {
  return printableParts(value) as T;
}

function printableParts(value: unknown): unknown {
  if (typeof value === "string") return toPrintable(value, Infinity);
  if (Array.isArray(value)) return value.map(printableParts);
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [toPrintable(key, Infinity), printableParts(inner)]),
  );
}

const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** JSON in which what could repaint a terminal is escaped; it is read back as it was. */
export function toJsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return PLAIN.test(text) ? text : text.replace(
    UNPRINTABLE,
    // Line breaks are those of the indentation: the ones in texts are escaped already.
    (character) => character === "\n" ? character : character.split("").map(escapeUnit).join(""),
  );
}

/** What may be a number of nine digits, in whichever spelling: most lines have none, and need no splitting. */
const NINE_DIGITS = /\d(?:[ .-]?\d){8}/;

/** The safety net under every line: runs of nine digits are masked, whatever they are, except inside an identifier. */
export function redact(line: string): string {
  return NINE_DIGITS.test(line) ? redactBsns(line) : line;
}

/** The class of an error, when it looks like the name of a class: a handler can call its errors anything. */
export function toErrorClass(name: string): string {
  return /^[A-Za-z_$][\w$]{0,63}$/.test(name) ? name : "Error";
}

/** `1234567` as `1,234,567`. */
export function formatInteger(n: number): string {
  return n.toLocaleString("en-US");
}

/** A length of time for people: `0.4 s`, `12 s`, `3 min`, `5 h`. */
export function formatDuration(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${Math.round(s * 10) / 10} s`;
  if (s < 120) return `${Math.round(s)} s`;
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`;
}

/** RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
