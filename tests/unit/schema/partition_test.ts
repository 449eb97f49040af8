import { assert, assertEquals } from "@std/assert";
import { fnv1a32, partitionOf } from "../../../schema/partition.ts";

Deno.test("FNV-1a has the values of its reference", () => {
  const reference: Record<string, number> = {
    "": 0x811c9dc5,
    a: 0xe40c292c,
    b: 0xe70c2de5,
    foobar: 0xbf9cf968,
  };
  for (const [text, hash] of Object.entries(reference)) assertEquals(fnv1a32(text), hash, text);
});

Deno.test("partitions lie in their range, and spread evenly", () => {
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 16_000; i++) counts[partitionOf(`case-${i}`, 16)]!++;
  assert(Math.min(...counts) > 800 && Math.max(...counts) < 1200, `${counts}`);
});
