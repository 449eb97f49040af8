/**
 * Event ids, ordered by time. Version 7 is of whoever brings an event from outside; version 8 is the runtime's alone, for
 * what a processor emits, made with a secret of the store, and no door takes it from outside: nobody can take the id of an
 * output before it is stored.
 * @module
 */
import { hash } from "node:crypto";
import { generate } from "@std/uuid/v7";

/** A new UUIDv7 for an event that nothing in the store caused. */
export function newRootId(): string {
  return generate();
}

/**
 * The id of an event from outside that must come out alike at every try: of a simulated citizen, or of a message at ingest
 * that names none. The same arguments always give the same id.
 */
export function reproducibleRootId(time: number, ...seed: readonly (string | number)[]): string {
  return uuidOf("7", time, seed.join("/"));
}

/** True for an id that only the runtime gives. */
export function isDerivedId(id: string): boolean {
  return id[14] === "8";
}

/**
 * Gives the id of output `index` of a processor for one input event. The same arguments always give the same id (so a second
 * try writes the same row), and its first 48 bits are the time of the input (so it lands at the right-hand side of a unique
 * index).
 */
export type DerivedIds = (
  inputId: string,
  inputTime: number,
  processor: string,
  index: string | number,
) => string;

/** A new secret for a new store: 32 random bytes. */
export function newSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * The ids of a store: nobody who lacks its secret can make or foresee one. Layout: RFC 9562 UUIDv8, time in front, bits of a
 * SHA-256 over secret and input behind. The hash is truncated, so that nobody can go on from it to the hash of a longer input:
 * an HMAC would add nothing. The secret is in a closure: whoever is given the function can't read it.
 */
export function derivedIds(secret: string): DerivedIds {
  return (inputId, inputTime, processor, index) =>
    uuidOf("8", inputTime, `${secret}/${inputId}/${processor}/${index}`);
}

function uuidOf(version: "7" | "8", atMs: number, seed: string): string {
  const time = atMs.toString(16).padStart(12, "0");
  const bits = hash("sha256", seed, "hex");
  const variant = (parseInt(bits[3]!, 16) & 0x3 | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-${version}${bits.slice(0, 3)}-${variant}${
    bits.slice(4, 7)
  }-${bits.slice(7, 19)}`;
}
