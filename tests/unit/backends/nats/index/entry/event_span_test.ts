/** Spans of events: joined and cut in any way they hold the same versions, records and fingerprints. @module */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type EventSpan,
  IndexDamaged,
  joinSpans,
  sequenceOf,
  sliceSpan,
} from "../../../../../../backends/nats/index/entry/event_span.ts";

/** A case from its first version on, by how many events each record has. */
function spanOf(counts: readonly number[]): EventSpan {
  const length = counts.reduce((sum, count) => sum + count, 0);
  const fingerprints = Array.from({ length }, (_, i) => 1_000 + i);
  return { from: 1, sequences: counts.map((_, i) => 10 * (i + 1)), counts, fingerprints };
}

const counts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 });

Deno.test("two parts of a case that touch or overlap are the case again, in either order", () => {
  fc.assert(fc.property(counts, fc.nat(40), fc.nat(40), (counts, one, other) => {
    const whole = spanOf(counts);
    const end = whole.fingerprints.length + 1;
    const [start, stop] = [1 + one % end, 1 + other % end].sort((a, b) => a - b);
    const first = sliceSpan(whole, 1, stop!);
    const second = sliceSpan(whole, start!, end);
    assertEquals(joinSpans(first, second), whole);
    assertEquals(joinSpans(second, first), whole);
  }));
});

Deno.test("a part has the fingerprints and the records of its versions", () => {
  fc.assert(fc.property(counts, fc.nat(40), fc.nat(40), (counts, one, other) => {
    const whole = spanOf(counts);
    const part = sliceSpan(whole, one, other);
    for (let version = one; version < other && part !== undefined; version++) {
      if (version < part.from || version >= part.from + part.fingerprints.length) continue;
      assertEquals(part.fingerprints[version - part.from], whole.fingerprints[version - 1]);
      assertEquals(sequenceOf(part, version), sequenceOf(whole, version));
    }
    const expected = Math.max(0, Math.min(other, whole.fingerprints.length + 1) - Math.max(one, 1));
    assertEquals(part?.fingerprints.length ?? 0, expected);
  }));
});

Deno.test("parts with a gap between them are refused", () => {
  const whole = spanOf([3, 3]);
  assertThrows(() => joinSpans(sliceSpan(whole, 1, 3), sliceSpan(whole, 4, 7)), IndexDamaged);
});
