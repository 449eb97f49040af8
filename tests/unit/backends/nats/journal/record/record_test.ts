import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  eventPosition,
  indexOf,
  MAX_RECORD_EVENTS,
  recordSequenceOf,
} from "../../../../../../backends/nats/journal/record/record.ts";

const sequence = fc.integer({ min: 1, max: 2 ** 41 - 1 });
const index = fc.integer({ min: 0, max: MAX_RECORD_EVENTS - 1 });

Deno.test("a position is a sequence and an index, for as many sequences as there will be", () => {
  fc.assert(fc.property(sequence, index, (sequence, index) => {
    const position = eventPosition(sequence, index);
    assert(Number.isSafeInteger(position));
    assertEquals([recordSequenceOf(position), indexOf(position)], [sequence, index]);
    assert(position < eventPosition(sequence + 1, 0));
  }));
});
