import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  addSizes,
  fits,
  RECORD_BOUNDS,
  sliceToFit,
} from "../../../../../../backends/nats/journal/record/slices.ts";

/** A delivery with what its outcome takes of a record. */
const delivery = fc.record({ events: fc.nat({ max: 3_000 }), bytes: fc.nat({ max: 700_000 }) });

Deno.test("a settlement is cut between deliveries, each slice fits, and no two neighbours would have fitted as one", () => {
  fc.assert(fc.property(fc.array(delivery), (deliveries) => {
    const slices = sliceToFit(deliveries, (each) => each);
    assertEquals(slices.flat(), deliveries);
    const sizes = slices.map((slice) => slice.reduce(addSizes));
    slices.forEach((slice, i) => assert(fits(sizes[i]!) || slice.length === 1));
    slices.slice(1).forEach((next, i) => assert(!fits(addSizes(sizes[i]!, next[0]!))));
  }));
});

Deno.test("a delivery that fits no record is alone in its slice", () => {
  const huge = { events: 1, bytes: RECORD_BOUNDS.bytes + 1 };
  const small = { events: 1, bytes: 1 };
  assertEquals(sliceToFit([small, huge, small, small], (each) => each), [[small], [huge], [small, small]]);
});

Deno.test("of nothing there are no slices", () => assertEquals(sliceToFit([], () => RECORD_BOUNDS), []));
