/** Filters: what was added is always found, and little else. @module */
import { assert } from "@std/assert";
import { KeyHasher } from "../../../../../../backends/nats/index/entry/key.ts";
import { BloomFilter } from "../../../../../../backends/nats/index/run/bloom_filter.ts";

const hasher = new KeyHasher(new TextEncoder().encode("secret"));

for (const keys of [1, 1_000, 250_000]) {
  Deno.test(`a filter of ${keys} keys has them all, and one to two in a hundred others at most`, () => {
    const filter = BloomFilter.forKeys(keys);
    for (let i = 0; i < keys; i++) filter.add(hasher.caseKey(`case-${i}`));
    const stored = new BloomFilter(filter.parts.map((part) => part.slice()));
    for (let i = 0; i < keys; i++) assert(stored.mayHave(hasher.caseKey(`case-${i}`)));
    let others = 0;
    for (let i = 0; i < 10_000; i++) if (stored.mayHave(hasher.caseKey(`other-${i}`))) others++;
    assert(others < 150, `${others} of 10,000`);
    assert(filter.parts.every(({ length }) => length <= 128 * 1024));
  });
}
