/** Text of others on its way to people: without control characters, without personal data. @module */
import { redactBsns } from "../../schema/bsn.ts";

const UUID = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i;

/** Controls, invisible characters and line breaks: what could forge a line or repaint a terminal. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** One printable line of at most `longest` characters. */
export function toPrintable(text: string, longest = 200): string {
  const line = text.replace(UNPRINTABLE, "?");
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/**
 * The safety net under every line: runs of nine digits are masked, whatever they are. Except inside a UUID, where one
 * hundredth of all event ids has such a run by chance and a masked id finds nothing.
 */
export function redact(line: string): string {
  return line.split(UUID).map((part, i) => i % 2 === 1 ? part : redactBsns(part)).join("");
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
