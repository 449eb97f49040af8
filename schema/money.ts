/** Money: exact cents inside, two decimals outside. @module */
import { z } from "zod";

declare global {
  interface JSON {
    /** Text that JSON.stringify copies as it is (ES2026; V8 has it). */
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/** Largest amount accepted, in cents: one billion euro. Keeps every sum of amounts inside a safe integer. */
export const MAX_CENTS = 100_000_000_000;

/** A non-negative amount in whole cents. */
export const centsSchema = z.int().min(0).max(MAX_CENTS).brand<"Cents">();
export type Cents = z.infer<typeof centsSchema>;

/** Brands a whole number of cents; throws a RangeError for anything else. */
export function cents(value: number): Cents {
  if (!Number.isSafeInteger(value) || value < 0 || value > MAX_CENTS) {
    throw new RangeError("Cannot use an amount that is not whole cents between 0 and 100,000,000,000");
  }
  return value as Cents;
}

/** True when a number of euros has at most two decimals (1250.5 and 1250.50 do, 0.001 does not). */
export function hasWholeCents(euros: number): boolean {
  // Division rounds correctly: whole cents give back the very number that was read.
  return Math.round(euros * 100) / 100 === euros;
}

const eurosSchema = z.number().min(0).max(MAX_CENTS / 100).refine(hasWholeCents, {
  error: "an amount has at most two decimals",
});

/**
 * Euros outside, cents inside. `decode` takes a JSON number of euros with at most two decimals; `encode` gives
 * a number that `encodeEvent` writes with exactly two decimals.
 */
export const money = z.codec(eurosSchema, centsSchema, {
  decode: (euros) => Math.round(euros * 100) as Cents,
  encode: (value) => value / 100,
});

/** Euros, rounded to cents, as JSON.stringify writes them with exactly two decimals. */
export function writtenEuros(euros: number): number | object {
  return writtenAmount(cents(Math.round(euros * 100)));
}

/** An amount as people write it: `1250.50`. */
export function formatEuros(value: Cents): string {
  return `${Math.floor(value / 100)}.${String(value % 100).padStart(2, "0")}`;
}

/**
 * What JSON.stringify writes with exactly two decimals. Most amounts are written so as they are; the others become raw
 * text, which takes V8 off its fast way through the whole event.
 */
export function writtenAmount(value: Cents): number | object {
  return value % 10 === 0 ? JSON.rawJSON(formatEuros(value)) : value / 100;
}
