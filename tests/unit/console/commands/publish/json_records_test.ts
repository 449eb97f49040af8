/** JSON and NDJSON as people send them: with line numbers, and however the bytes arrive. @module */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonRecords, type TextRecord } from "../../../../../console/commands/publish/json_records.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The records of a text that arrives in pieces of `size` bytes. */
async function read(content: string | Uint8Array, size = 7): Promise<TextRecord[]> {
  const bytes = typeof content === "string" ? bytesOf(content) : content;
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) {
      yield await Promise.resolve(bytes.subarray(at, at + size));
    }
  }
  return await Array.fromAsync(jsonRecords(pieces()));
}

Deno.test("a value a line, blank lines and Windows line ends included", async () => {
  assertEquals(await read('1\r\n\n "é" \n{"a":[]}'), [
    { line: 1, value: 1 },
    { line: 3, value: "é" },
    { line: 4, value: { a: [] } },
  ]);
});

Deno.test("an array gives its elements, and one value may take many lines", async () => {
  assertEquals(await read("[1,2]"), [{ line: 1, value: 1 }, { line: 1, value: 2 }]);
  assertEquals(
    (await read(JSON.stringify([{ a: 1 }, { b: { c: [1] } }], null, 2))).map(({ value }) => value),
    [
      { a: 1 },
      { b: { c: [1] } },
    ],
  );
  assertEquals(await read('{"a":\n1}'), [{ line: 1, value: { a: 1 } }]);
});

Deno.test("what is no JSON is named by its line, and nothing of it is repeated", async () => {
  assertEquals(await read("1\ngeheim\n3"), [
    { line: 1, value: 1 },
    { line: 2, problem: "not a JSON value" },
    { line: 3, value: 3 },
  ]);
  assertEquals(await read("[\n1,\n"), [{ line: 1, problem: "not a JSON value" }]);
});

Deno.test("what would not be kept as it is written is named by its line and field", async () => {
  assertEquals(await read('1\n{"a":9007199254740993}\n{"b":1,"b":2}'), [
    { line: 1, value: 1 },
    { line: 2, problem: "a: this number can't be kept as it is written: write it as text" },
    { line: 3, problem: "b: stands twice" },
  ]);
  assertEquals(await read('[\n{"a":1},\n\n{"a":1e400}\n]'), [
    { line: 4, problem: "1.a: this number can't be kept as it is written: write it as text" },
  ]);
});

Deno.test("another encoding is refused, not stored as question marks", async () => {
  const latin = Uint8Array.from([...'1\n"café"\n2'].map((c) => c.charCodeAt(0)));
  assertEquals((await read(latin))[1], { line: 2, problem: "not UTF-8 text" });
  assertEquals(await read(new Uint8Array([0xef, 0xbb, 0xbf, 0x37])), [{ line: 1, value: 7 }]);
});

Deno.test("a line without end is given up early, by its number", async () => {
  let taken = 0;
  async function* endless() {
    yield bytesOf("1\n");
    for (;; taken++) yield await Promise.resolve(bytesOf("x".repeat(1_000_000)));
  }
  const records = await Array.fromAsync(jsonRecords(endless()));
  assertEquals(records.map(({ line }) => line), [1, 2]);
  assertEquals(records[1]!.problem?.startsWith("longer than 1,000,000 characters"), true);
  assertEquals(taken < 10, true);
});

Deno.test("however the bytes are cut, the records are the same", async () => {
  const values = fc.array(fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown), {
    maxLength: 5,
  });
  await fc.assert(fc.asyncProperty(values, fc.integer({ min: 1, max: 9 }), async (all, size) => {
    const records = await read(["0", ...all.map((value) => JSON.stringify({ value }))].join("\n"), size);
    assertEquals(records.slice(1).map(({ value }) => (value as { value: unknown }).value), all);
  }));
});
