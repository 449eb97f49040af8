/** Settings as text: how numbers, rates, durations and the rest are written on a command line. @module */
import { z } from "zod";
import { actorNameFault } from "./authority/names.ts";
import { InvalidPostgresUrl, parsePostgresUrl } from "./postgres/postgres_url.ts";

/** Digits only: `0x10` and `1e3` are numbers to a program, and typing errors of a person. */
const asNumber = (text: string) => /^-?\d+$/.test(text) ? Number(text) : NaN;

/** A whole number between two bounds, both included. */
export function wholeNumber(least: number, most: number) {
  const expected = `must be a whole number from ${least} to ${most.toLocaleString("en-GB")}`;
  return z.string().transform(asNumber).pipe(z.int(expected).min(least, expected).max(most, expected));
}

/** A rate such as `100/sec` or `600/min`, as events a second. */
export const rate = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)\/(sec|s|min)$/.exec(text);
  const perSecond = match === null ? 0 : Number(match[1]) / (match[2] === "min" ? 60 : 1);
  if (perSecond > 0) return perSecond;
  context.addIssue({ code: "custom", message: "must be a rate such as 100/sec or 600/min" });
  return z.NEVER;
});

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `500ms`, `60s`, `5m`, `1h` or `90d`, in milliseconds. */
export const duration = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNITS[match[2]!]!;
  if (ms > 0 && ms <= 366 * 24 * 3_600_000) return ms;
  context.addIssue({ code: "custom", message: "must be a duration such as 500ms, 60s, 5m or 1h" });
  return z.NEVER;
});

/** A timestamp, as an ISO time with a zone; the value is UTC in milliseconds. */
export const timestamp = z.iso.datetime({
  offset: true,
  error: "must be a time such as 2026-01-01T09:00:00Z",
})
  .transform((text) => new Date(text).toISOString());

/** A flag; from the environment `true`/`1` or `false`/`0`. */
export const flag = z.enum(["true", "1", "false", "0"], { error: "must be true or false" })
  .transform((text) => text === "true" || text === "1").default(false);

/** One of some words. */
export function oneOf<const W extends readonly [string, ...string[]]>(words: W) {
  return z.enum(words, { error: `must be one of ${words.join(", ")}` });
}

/** Some of these words, with commas between them. */
export function listOf<const W extends readonly [string, ...string[]] | readonly string[]>(words: W) {
  const each = z.enum(words as readonly [W[number], ...W[number][]], {
    error: `must be some of ${words.join(", ")}, with commas between them`,
  });
  return z.string().transform((names) => names.split(",").map((name) => name.trim())).pipe(z.array(each));
}

/** Any text that is not empty. */
export const text = z.string().min(1, "must not be empty");

/** The name of somebody who acts; it is kept in the audit trail. */
export const actorName = z.string().superRefine((name, context) => {
  const message = actorNameFault(name);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** A password with a bare `%` in it can't be read back from its URL. */
function isDecodable(url: string): boolean {
  try {
    return typeof decodeURIComponent(url) === "string";
  } catch {
    return false;
  }
}

/** What is wrong with a URL of PostgreSQL; undefined when nothing is. */
function postgresUrlFault(url: string): string | undefined {
  try {
    parsePostgresUrl(url);
  } catch (error) {
    if (error instanceof InvalidPostgresUrl) return error.message;
    throw error;
  }
}

/** A URL of PostgreSQL. Its password is never repeated in a message. */
export const postgresUrl = z.string().superRefine((url, context) => {
  const message = postgresUrlFault(url);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** The address of a web server. */
export const httpUrl = z.string().refine(
  (url) => /^https?:\/\/[^/]/.test(url) && URL.canParse(url),
  "must be an address such as http://127.0.0.1:8222",
);

function isNatsUrl(url: string): boolean {
  return /^(nats|tls):\/\/[^/]+/.test(url) && URL.canParse(url) && isDecodable(url);
}

/** A URL of NATS, or those of several servers of one cluster with commas between them. */
export const natsUrl = z.string().refine((urls) => urls.split(",").every(isNatsUrl), {
  error: "must be a URL such as nats://host:4222 (of several servers, with commas between them)",
});

/** A URL of a server of either kind. */
export const serverUrl = z.string().superRefine((url, context) => {
  const fault = postgresUrlFault(url);
  if (fault === undefined || natsUrl.safeParse(url).success) return;
  const either =
    "must be a URL such as postgres://user@host:5432/database or nats://host:4222 (write a % in it as %25)";
  const message = fault.startsWith("must be a URL") ? either : fault;
  context.addIssue({ code: "custom", message });
});
