/** Identifiers and numbers that a seed determines: UUIDs in time's order, and test BSNs. @module */
import { passesElevenTest } from "../../schema/bsn.ts";
import { sourcedFigures } from "./figures.ts";
import type { Random } from "./random.ts";

/** A UUID of version 7 (RFC 9562): the time in milliseconds in front, 74 seeded bits behind. */
export function seededUuid(time: number, random: Random): string {
  const front = hex(time, 12);
  const bits = random.uint32();
  const variant = (0x8000 | (bits >>> 12 & 0x3fff)).toString(16);
  const tail = hex(random.uint32() & 0xffff, 4) + hex(random.uint32(), 8);
  return `${front.slice(0, 8)}-${front.slice(8)}-7${hex(bits & 0xfff, 3)}-${variant}-${tail}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Every number of the RvIG test range (9999…) that passes the eleven-test: the only BSNs a simulator may use. */
export function testBsns(): string[] {
  const { first, last } = sourcedFigures.bsn.test_range;
  const numbers: string[] = [];
  for (let number = Number(first); number <= Number(last); number++) {
    const bsn = String(number);
    if (passesElevenTest(bsn)) numbers.push(bsn);
  }
  return numbers;
}

/** Shuffles in place (Fisher and Yates) and returns the same array. */
export function shuffle<T>(values: T[], random: Random): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}
