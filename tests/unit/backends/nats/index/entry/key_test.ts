/** Keys: spread evenly, different for different ids, and not to be foreseen without the secret. @module */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  chapterKey,
  compareKeys,
  KeyHasher,
  keyText,
  sliceOf,
} from "../../../../../../backends/nats/index/entry/key.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hasher = new KeyHasher(bytes("one"));
const IDS = 40_000;

Deno.test("ids that differ little have keys that differ, spread evenly, in each lane", () => {
  const keys = Array.from({ length: IDS }, (_, i) => hasher.caseKey(`case-${i}`));
  assertEquals(new Set(keys.map(keyText)).size, IDS);
  for (const lane of ["a", "b", "c", "d"] as const) {
    const slices = new Uint32Array(40);
    for (const key of keys) slices[sliceOf(key[lane], 40)]!++;
    // A thousand each, with a deviation of 32.
    assert(slices.every((count) => count > 800 && count < 1_200), `lane ${lane}: ${slices}`);
    assert(new Set(keys.map((key) => key[lane])).size > IDS - 20, "hardly two share a lane");
  }
});

Deno.test("each bit of an id changes half of its key", () => {
  const bits = (value: number) => value.toString(2).replaceAll("0", "").length;
  let changed = 0;
  for (let i = 0; i < 1_000; i++) {
    const [one, other] = [hasher.caseKey(`${i} case`), hasher.caseKey(`${i} casd`)];
    for (const lane of ["a", "b", "c", "d"] as const) changed += bits((one[lane] ^ other[lane]) >>> 0);
  }
  assert(changed > 62_000 && changed < 66_000, `${changed / 1_000} of 128 bits`);
});

Deno.test("keys depend on the secret, and a timer has another key than a case of its text", () => {
  const other = new KeyHasher(bytes("another"));
  assertNotEquals(hasher.caseKey("x"), other.caseKey("x"));
  assertNotEquals(hasher.fingerprint("x"), other.fingerprint("x"));
  assertNotEquals(hasher.caseKey("a\nb\nc"), hasher.timerKey("a", "b", "c"));
  assertEquals(hasher.caseKey("x"), new KeyHasher(bytes("one")).caseKey("x"));
});

Deno.test("keys are ordered as their texts are, and slices follow that order", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => {
    const [x, y] = [hasher.caseKey(one), hasher.caseKey(other)];
    const order = keyText(x) < keyText(y) ? -1 : keyText(x) > keyText(y) ? 1 : 0;
    assertEquals(Math.sign(compareKeys(x, y)), order);
    if (order < 0) assert(sliceOf(x.a, 7) <= sliceOf(y.a, 7));
    assertEquals(Math.sign(compareKeys(x, x)), 0);
  }));
});

Deno.test("chapters have keys of their own, the first that of its case", () => {
  const key = hasher.caseKey("long");
  assertEquals(chapterKey(key, 0), key);
  const texts = Array.from({ length: 10_000 }, (_, chapter) => keyText(chapterKey(key, chapter)));
  assertEquals(new Set(texts).size, 10_000);
});

Deno.test("a fingerprint has as many bits as it is given", () => {
  const short = new KeyHasher(bytes("one"), 1);
  const found = new Set(Array.from({ length: 100 }, (_, i) => short.fingerprint(`event-${i}`)));
  assertEquals([...found].sort(), [0, 1]);
  assert(hasher.fingerprint("event") >= 0);
});
