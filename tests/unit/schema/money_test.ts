/** Money: exact cents inside, two decimals outside. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { cents, formatEuros, hasWholeCents, MAX_CENTS, money } from "../../../schema/money.ts";

const amounts = fc.integer({ min: 0, max: MAX_CENTS });

Deno.test("decoding what was encoded gives the same cents, for every amount", () => {
  fc.assert(fc.property(amounts, (amount) => money.decode(money.encode(cents(amount))) === amount));
});

Deno.test("an amount written with two decimals is read as exactly its cents", () => {
  fc.assert(
    fc.property(amounts, (amount) => money.decode(JSON.parse(formatEuros(cents(amount)))) === amount),
  );
});

Deno.test("a third decimal is refused, however small the rest, and however large the amount", () => {
  fc.assert(fc.property(amounts, fc.integer({ min: 1, max: 9 }), (amount, digit) => {
    assert(
      !hasWholeCents(Number(`${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}${digit}`)),
    );
  }));
  for (const euros of [0.001, 0.0000001, 1250.5000001, -0.01, 1e9 + 1, NaN, Infinity]) {
    assertThrows(() => money.parse(euros));
  }
});

Deno.test("the largest amount passes, and a cent more does not", () => {
  assertEquals(money.parse(1_000_000_000), MAX_CENTS);
  assertThrows(() => money.parse(1_000_000_000.01));
  for (const wrong of [0.5, -1, MAX_CENTS + 1, NaN]) assertThrows(() => cents(wrong), RangeError);
});

Deno.test("amounts are written as people write them", () => {
  assertEquals([0, 5, 50, 125050, MAX_CENTS].map((amount) => formatEuros(cents(amount))), [
    "0.00",
    "0.05",
    "0.50",
    "1250.50",
    "1000000000.00",
  ]);
});
