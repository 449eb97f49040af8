import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeRecord } from "../../../../../../backends/nats/journal/record/decode_record.ts";
import { encodeRecord } from "../../../../../../backends/nats/journal/record/encode_record.ts";
import { type LogRecord, NO_CHANGES } from "../../../../../../backends/nats/journal/record/record.ts";
import { aHead, arbitraryDraft, versioned } from "../../../../../support/nats_log/records.ts";

const RUNS = { numRuns: 30 };
const encode = (text: string) => new TextEncoder().encode(text);

/** Events as they are compared: the bytes as text. */
const eventsOf = ({ events }: LogRecord) =>
  events.map(({ rest, ...event }) => ({ ...event, rest: new TextDecoder().decode(rest) }));

function decoded(payload: Uint8Array, ofCase?: string): LogRecord {
  const record = decodeRecord(payload, ofCase);
  if (record.kind === "malformed") throw new Error(record.reason);
  return record;
}

Deno.test("a record is read as it was written, and as its writer knows it without reading it", () => {
  fc.assert(
    fc.property(arbitraryDraft, (draft) => {
      const { payload, record } = encodeRecord(draft);
      const read = decoded(payload);
      assertEquals(read.head, JSON.parse(JSON.stringify(draft.head)));
      assertEquals(read.changes, draft.changes);
      assertEquals(eventsOf(read), eventsOf(record));
      assertEquals(read.events.map(({ version }) => version), draft.events.map(({ version }) => version));
      const bodies = draft.events.map(({ event }) => `\t${new TextDecoder().decode(event.body)}`);
      assertEquals(eventsOf(read).map(({ rest }) => rest), bodies);
      assertEquals(read.events.map(({ index }) => index), bodies.map((_, i) => i));
    }),
    RUNS,
  );
});

Deno.test("the events of one case are read with their indexes, whichever frames they are in", () => {
  fc.assert(
    fc.property(arbitraryDraft, fc.constantFrom("a", "zaak ø", "nowhere"), (draft, caseId) => {
      const { payload, record } = encodeRecord(draft);
      const all = eventsOf(record).filter((event) => event.caseId === caseId);
      assertEquals(eventsOf(decoded(payload, caseId)), all);
    }),
    RUNS,
  );
});

Deno.test("a case is read from a large record although a frame of others is spoilt", () => {
  const events = [...versioned("first", 60, 1_000), ...versioned("last", 3)];
  const { payload } = encodeRecord({ head: aHead(), changes: NO_CHANGES, events });
  payload.fill(7, payload.indexOf(10) + 1, payload.indexOf(10) + 100);
  assertEquals(decoded(payload, "last").events.length, 3);
  assertEquals(decodeRecord(payload).kind, "malformed");
});

Deno.test("what is no record is malformed, whatever bytes it has", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assertEquals(decodeRecord(bytes).kind, "malformed");
  }));
});

Deno.test("a record that is cut off, or of which a byte is spoilt, never ends its reader", () => {
  fc.assert(
    fc.property(arbitraryDraft, fc.nat(), fc.nat({ max: 255 }), (draft, at, byte) => {
      const { payload } = encodeRecord(draft);
      const spoilt = payload.slice();
      spoilt[at % payload.length] = byte;
      decodeRecord(spoilt);
      assertEquals(decodeRecord(payload.subarray(0, at % payload.length)).kind, "malformed");
    }),
    RUNS,
  );
});

const head = { format: 1, ...aHead(), frames: [] };
const NO_PAUSE = JSON.stringify({
  ...{ timers: [], parked: [], trail: [] },
  pauses: [{ verb: "pause", pause: { kind: "store", name: "n", by: "b", why: "w", at: "t" } }],
});

const broken: Record<string, object | string> = {
  "of another format": { ...head, format: 2 },
  "of an unknown kind": { ...head, kind: "other" },
  "with an epoch that none could outdo": { ...head, epoch: Number.MAX_SAFE_INTEGER },
  "without a nonce": { ...head, nonce: undefined },
  "with a sequence that is none": { ...head, before: -1 },
  "whose checkpoint is no number": { ...head, processors: [{ name: "p", from: 0, to: "1", epoch: 1 }] },
  "with more events than it may hold": { ...head, frames: [[5_000, 0, 0]] },
  "with fewer events than it says": { ...head, frames: [[1, 0, 0]] },
  "with fewer bytes than it says": { ...head, frames: [[0, 9, 9]] },
  "whose changes are none": `${JSON.stringify({ ...head, changes: [2, 2] })}\n{}`,
  "whose pause is none": `${
    JSON.stringify({ ...head, changes: [NO_PAUSE.length, NO_PAUSE.length] })
  }\n${NO_PAUSE}`,
  "whose line is no event": `${JSON.stringify({ ...head, frames: [[1, 2, 2]] })}\n1\n`,
  "whose frame unpacks to more than there can be": `${
    JSON.stringify({ ...head, frames: [[1, 2 ** 40, 2]] })
  }\n1\n`,
  "that is an array": "[]\n",
};

for (const [what, content] of Object.entries(broken)) {
  Deno.test(`a record ${what} is malformed`, () => {
    const text = typeof content === "string" ? content : `${JSON.stringify(content)}\n`;
    assertEquals(decodeRecord(encode(text)).kind, "malformed");
  });
}

Deno.test("the least record there is can be read", () => {
  assertEquals(decoded(encode(`${JSON.stringify(head)}\n`)).head, aHead());
});
