/** Numbers and names that must come out the same for ever: BSNs, partitions, ids. @module */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { maskBsn, passesElevenTest, redactBsns } from "../../../schema/bsn.ts";
import { derivedId, newRootId } from "../../../schema/ids.ts";
import { fnv1a32, partitionOf } from "../../../schema/partition.ts";

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

Deno.test("FNV-1a has the values of its reference", () => {
  const reference: Record<string, number> = {
    "": 0x811c9dc5,
    a: 0xe40c292c,
    b: 0xe70c2de5,
    foobar: 0xbf9cf968,
  };
  for (const [text, hash] of Object.entries(reference)) assertEquals(fnv1a32(text), hash, text);
});

Deno.test("partitions lie in their range, and spread evenly", () => {
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 16_000; i++) counts[partitionOf(`case-${i}`, 16)]!++;
  assert(Math.min(...counts) > 800 && Math.max(...counts) < 1200, `${counts}`);
});

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

Deno.test("a derived id is a valid UUID, the same for the same input, and another for any other", () => {
  fc.assert(fc.property(fc.uuid(), times, fc.nat(), (input, time, index) => {
    const id = derivedId(input, time, "intake", index);
    assertMatch(id, UUID);
    assertEquals(derivedId(input, time, "intake", index), id);
    for (
      const other of [derivedId(input, time, "intake", index + 1), derivedId(input, time, "analysis", index)]
    ) {
      assertNotEquals(other, id);
    }
  }));
});

Deno.test("derived ids sort by the time of their input", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), times, fc.integer({ min: 1, max: 1e9 }), (a, b, time, later) => {
      assert(derivedId(a, time, "intake", 0) < derivedId(b, time + later, "intake", 0));
    }),
  );
});

Deno.test("root ids are UUIDv7 and differ", () => {
  const ids = Array.from({ length: 1000 }, newRootId);
  assertEquals(new Set(ids).size, 1000);
  assertMatch(ids[0]!, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});
