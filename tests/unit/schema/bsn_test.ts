import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { maskBsn, maskCaseId, passesElevenTest, redactBsns } from "../../../schema/bsn.ts";

Deno.test("the eleven-test passes what it must and nothing else", () => {
  for (const bsn of ["123456782", "111222333", "999990019"]) assert(passesElevenTest(bsn), bsn);
  for (const bsn of ["123456789", "987654321", "000000000", "12345678", "1234567820", "12345678a", ""]) {
    assert(!passesElevenTest(bsn), bsn);
  }
});

Deno.test("one wrong digit, or two neighbours swapped, is always found", () => {
  const bsns = fc.integer({ min: 1, max: 999_999_999 }).map((n) => String(n).padStart(9, "0")).filter(
    passesElevenTest,
  );
  fc.assert(
    fc.property(bsns, fc.nat(7), fc.integer({ min: 1, max: 9 }), (bsn, i, by) => {
      const digit = (Number(bsn[i]) + by) % 10;
      assert(!passesElevenTest(bsn.slice(0, i) + digit + bsn.slice(i + 1)));
    }),
    { numRuns: 300 },
  );
});

Deno.test("people see two digits of a BSN, and logs none", () => {
  assertEquals(maskBsn("123456782"), "*******82");
  assertEquals(
    redactBsns("bsn 123456782, phone 0612345678, 123456782."),
    "bsn [nine digits], phone 0612345678, [nine digits].",
  );
});

Deno.test("a BSN is masked in every spelling, and dates, amounts and longer numbers are not", () => {
  for (const spelt of ["1234.56.782", "123 456 782", "123-456-782", "12 34 56 78 2"]) {
    assertEquals(redactBsns(`of ${spelt}.`), "of [nine digits].");
  }
  for (
    const other of ["2026-01-01 10:00", "1234 56 783", "0612345678", "12.50 2026-01-01", "1234-5678-9012"]
  ) {
    assertEquals(redactBsns(other), other);
  }
});

Deno.test("a case id is masked when it may be a BSN", () => {
  assertEquals(["123456782", "1234.56.782", "123456783", "case 7"].map(maskCaseId), [
    "*******82",
    "*******82",
    "123456783",
    "case 7",
  ]);
});

Deno.test("an identifier that has nine digits in a row by chance stays whole, and a BSN beside it does not", () => {
  const kept = [
    "/tmp/123456782c726a69",
    "0192b1c0-1234-7abc-8def-123456782abc",
    `sha256 ${"a123456782".repeat(6)}`,
  ];
  for (const text of kept) assertEquals(redactBsns(text), text);
  assertEquals(
    redactBsns("bsn123456782 abc123456782 123456782.a1b2c3d4e5f60718"),
    [
      "bsn[nine digits] abc[nine digits] [nine digits].a1b2c3d4e5f60718",
    ].join(""),
  );
});
