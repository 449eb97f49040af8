import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../../../../backends/nats/index/entry/bytes.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("varint" as const), value: fc.nat({ max: Number.MAX_SAFE_INTEGER }) }),
  fc.record({ kind: fc.constant("signed" as const), value: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }) }),
  fc.record({ kind: fc.constant("uint32" as const), value: fc.nat({ max: 2 ** 32 - 1 }) }),
  fc.record({ kind: fc.constant("byte" as const), value: fc.nat({ max: 255 }) }),
);

Deno.test("numbers are read as they were written, up to the largest whole one", () => {
  fc.assert(fc.property(fc.array(step), (steps) => {
    const writer = new ByteWriter(1);
    for (const { kind, value } of steps) writer[kind](value);
    const reader = new ByteReader(writer.part());
    for (const { kind, value } of steps) assertEquals(reader[kind](), value);
  }));
});
