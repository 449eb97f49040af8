/** Entries as bytes: every entry comes back as it was. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../../../../backends/nats/index/entry/bytes.ts";
import {
  isGoneTimer,
  readEntry,
  writeEntry,
} from "../../../../../../backends/nats/index/entry/entry_codec.ts";
import type { IndexEntry } from "../../../../../../backends/nats/index/entry/index_entry.ts";

const LAST_SEQUENCE = 2 ** 41;
const sequence = fc.integer({ min: 1, max: LAST_SEQUENCE });
const ascending = fc.uniqueArray(sequence, { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
const count = fc.integer({ min: 1, max: 30 });
const millis = fc.integer({ min: -1e12, max: 1e14 });
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const events = fc.record({ from: fc.integer({ min: 1, max: 1e9 }), sequences: ascending }).chain((span) =>
  fc.array(count, { minLength: span.sequences.length, maxLength: span.sequences.length }).chain((counts) => {
    const length = counts.reduce((sum, each) => sum + each, 0);
    return fc.array(uint32, { minLength: length, maxLength: length }).map((fingerprints) => {
      return { ...span, counts, fingerprints };
    });
  })
);
const state = fc.record({ version: count, type: fc.nat(500), openedAt: millis, updatedAt: millis });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const entry: fc.Arbitrary<IndexEntry> = fc.oneof(
  fc.record({
    kind: fc.constant("case" as const),
    last: sequence,
    state: maybe(state),
    isParked: maybe(fc.boolean()),
    trail: ascending,
    events: maybe(events),
  }),
  fc.record({ kind: fc.constant("chapter" as const), events }),
  fc.record({
    kind: fc.constant("timer" as const),
    sequence,
    ordinal: fc.nat(5_000),
    dueAt: maybe(millis),
  }),
);

Deno.test("entries come back as they were, however many are written one after the other", () => {
  fc.assert(fc.property(fc.array(entry, { maxLength: 10 }), (entries) => {
    const writer = new ByteWriter(16);
    for (const each of entries) writeEntry(writer, each);
    const reader = new ByteReader(writer.part());
    for (const each of entries) assertEquals(readEntry(reader), each);
  }));
});

Deno.test("what an entry is can be told from its first byte", () => {
  fc.assert(fc.property(entry, (each) => {
    const writer = new ByteWriter();
    writeEntry(writer, each);
    assertEquals(isGoneTimer(writer.part()), each.kind === "timer" && each.dueAt === undefined);
  }));
});

Deno.test("a case of four events in two records takes some forty bytes", () => {
  const writer = new ByteWriter();
  const at = Date.parse("2026-11-30T12:00:00Z");
  writeEntry(writer, {
    kind: "case",
    last: 12_345_679,
    state: { version: 4, type: 2, openedAt: at, updatedAt: at + 900 },
    isParked: undefined,
    trail: [],
    events: { from: 1, sequences: [12_345_678, 12_345_679], counts: [1, 3], fingerprints: [1, 2, 3, 4] },
  });
  assert(writer.length <= 44, `${writer.length} bytes`);
});
