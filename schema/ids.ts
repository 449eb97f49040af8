/** Event ids: UUIDv7 for roots, deterministic and time-ordered UUIDs for what a processor emits. @module */
import { hash } from "node:crypto";
import { generate } from "@std/uuid/v7";

/** A new UUIDv7 for an event that nothing in the store caused. */
export function newRootId(): string {
  return generate();
}

/**
 * The id of output `index` of a processor for one input event. The same three arguments always give the same id
 * (so a second try writes the same row), and its first 48 bits are the time of the input (so it lands at the
 * right-hand side of a unique index). Layout: RFC 9562 UUIDv8, time in front, SHA-256 bits behind.
 */
export function derivedId(
  inputId: string,
  inputTime: number,
  processor: string,
  index: string | number,
): string {
  const time = inputTime.toString(16).padStart(12, "0");
  const bits = hash("sha256", `${inputId}/${processor}/${index}`, "hex");
  const variant = (parseInt(bits[3]!, 16) & 0x3 | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-8${bits.slice(0, 3)}-${variant}${bits.slice(4, 7)}-${
    bits.slice(7, 19)
  }`;
}
