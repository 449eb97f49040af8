/**
 * The ratchet: violations that are known and still to be mended. A new one fails the test, and so does a listed one that
 * is gone; so the list only shrinks. Once it is empty, it and this file are deleted.
 * @module
 */
import type { Violation } from "./rules/violation.ts";

/** The keys of the known violations by the id of their rule, sorted. */
export type KnownViolations = Readonly<Record<string, readonly string[]>>;

const PATH = new URL("known_violations.json", import.meta.url);

export async function readKnownViolations(): Promise<KnownViolations> {
  return JSON.parse(await Deno.readTextFile(PATH)) as KnownViolations;
}

export async function writeKnownViolations(known: KnownViolations): Promise<void> {
  await Deno.writeTextFile(PATH, `${JSON.stringify(known, undefined, 2)}\n`);
}

/** What fails the test, a line each: violations that aren't listed, and listed ones that are gone. */
export function complaints(violations: readonly Violation[], known: readonly string[]): readonly string[] {
  const keys = new Set(violations.map(({ key }) => key));
  const added = violations.filter(({ key }) => !known.includes(key)).map(({ message }) => message);
  const gone = known.filter((key) => !keys.has(key)).map((key) =>
    `gone: ${key}: take it off the list (deno task architecture:shrink)`
  );
  return [...new Set(added), ...gone];
}

/** The list without what is gone; nothing is added. */
export function shrunk(violations: readonly Violation[], known: readonly string[]): readonly string[] {
  const keys = new Set(violations.map(({ key }) => key));
  return known.filter((key) => keys.has(key));
}

/** The list anew, for a move of files: the same violations under other paths. */
export function reset(violations: readonly Violation[]): readonly string[] {
  return [...new Set(violations.map(({ key }) => key))].sort();
}
