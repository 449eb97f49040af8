/** Records for tests, and arbitrary ones. @module */
import fc from "fast-check";
import type { encodeRecord } from "../../../backends/nats/journal/record/encode_record.ts";
import { NO_CHANGES, type RecordHead, recordKinds } from "../../../backends/nats/journal/record/record.ts";
import { type PendingEvent, pendingEventOf } from "../../../backends/nats/stream/message.ts";
import { anEvent } from "../events.ts";

type RecordDraft = Parameters<typeof encodeRecord>[0];
type VersionedEvent = RecordDraft["events"][number];

/** A head with as little as there can be in it. */
export function aHead(changes: Partial<RecordHead> = {}): RecordHead {
  const least = { nonce: "n.1.1", epoch: 1, kind: "own", before: 0, recordedAt: 1_000 } as const;
  return { ...least, processors: [], kinds: [], counts: {}, ...changes };
}

/** Event `n` of a case on its way into a store, with about so many bytes of data that don't compress. */
export function pendingEvent(caseId: string, n: number, bytes = 0): PendingEvent {
  const event = anEvent(caseId, n);
  const noise = bytes === 0 ? {} : { noise: noiseOf(bytes) };
  return pendingEventOf({ ...event, data: { ...event.data, ...noise } }, 1);
}

function noiseOf(bytes: number): string {
  const random = new Uint8Array(Math.ceil(bytes * 3 / 4));
  for (let at = 0; at < random.length; at += 65_536) {
    crypto.getRandomValues(random.subarray(at, at + 65_536));
  }
  return random.toBase64();
}

/** Events 1 to `count` of a case as a record has them. */
export function versioned(caseId: string, count: number, bytes = 0): VersionedEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    version: i + 1,
    event: pendingEvent(caseId, i + 1, bytes),
  }));
}

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const named = { processor: text, caseId: text, name: text };

const arbitraryHead: fc.Arbitrary<RecordHead> = fc.record({
  nonce: text,
  epoch: fc.nat(),
  kind: fc.constantFrom(...recordKinds),
  before: count,
  recordedAt: count,
  part: fc.tuple(fc.nat(), fc.nat()),
  node: text,
  released: fc.boolean(),
  processors: fc.array(fc.record({ name: text, from: count, to: count, epoch: fc.nat() }), { maxLength: 3 }),
  kinds: fc.array(fc.record({ type: text, version: fc.nat() }), { maxLength: 3 }),
  counts: fc.dictionary(fc.constantFrom("case.intake", "case.decision"), count),
}, { requiredKeys: ["nonce", "epoch", "kind", "before", "recordedAt", "processors", "kinds", "counts"] });

const arbitraryChanges = fc.option(
  fc.record({
    timers: fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant("set" as const), ...named, at: text, row: text }),
        fc.record({ kind: fc.constantFrom("cancel" as const, "fired" as const), ...named }),
      ),
      { maxLength: 3 },
    ),
    parked: fc.array(fc.record({ processor: text, caseId: text, waiting: fc.constant([]) }), {
      maxLength: 3,
    }),
    trail: fc.array(fc.record({ at: text, act: text, by: text, why: text }), { maxLength: 3 }),
  }),
  { nil: NO_CHANGES },
);

/** Any record: none to many events of some cases, small and large, with whatever else it may hold. */
export const arbitraryDraft: fc.Arbitrary<RecordDraft> = fc.record({
  head: arbitraryHead,
  changes: arbitraryChanges,
  events: fc.array(
    fc.record({
      version: fc.integer({ min: 1, max: 999_999_999 }),
      event: fc.tuple(
        fc.constantFrom("a", "zaak ø", "c 3", "d"),
        fc.nat(),
        fc.constantFrom(0, 0, 3_000, 40_000),
      )
        .map(([caseId, n, bytes]) => pendingEvent(caseId, n, bytes)),
    }),
    { maxLength: 12 },
  ),
});
