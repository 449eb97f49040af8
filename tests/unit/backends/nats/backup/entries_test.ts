import { assertEquals } from "@std/assert";
import { EntryEncoder, readEntries, type ReadEntry } from "../../../../../backends/nats/backup/entries.ts";

const at = "2026-11-30T10:00:00.000000Z";
const message = {
  kind: "message",
  stream: "CASES_log",
  sequence: 7,
  at,
  subject: "cases-log.1",
  headers: [["traceparent", "00"]],
} as const;
const mark = { kind: "mark", at, log: 7, others: { CASES_ingest: 2 } } as const;
const data = new Uint8Array([0, 255, 10, 7]);

function written(): Uint8Array {
  const encoder = new EntryEncoder();
  return new Uint8Array([
    ...encoder.encode(message, data),
    ...encoder.encode(mark),
    ...encoder.encode(message),
  ]);
}

function read(bytes: Uint8Array): Promise<ReadEntry[]> {
  const parts = async function* () {
    await Promise.resolve();
    for (let from = 0; from < bytes.length; from += 11) yield bytes.subarray(from, from + 11);
  };
  return Array.fromAsync(readEntries(parts()));
}

Deno.test("entries are read as they were written, however the bytes come", async () => {
  const [first, second, third] = await read(written());
  assertEquals(first, { ...message, data });
  assertEquals(second, mark);
  assertEquals(third, { ...message, data: new Uint8Array() });
});

Deno.test("what is cut ends before the entry that is not whole", async () => {
  const bytes = written();
  assertEquals((await read(bytes.subarray(0, -1))).length, 2);
});

Deno.test("a mark does not count when a byte before it is another", async () => {
  const bytes = written();
  const index = new TextDecoder("latin1").decode(bytes).indexOf("traceparent");
  bytes[index]! ^= 1;
  assertEquals((await read(bytes)).map(({ kind }) => kind), ["message"]);
});
