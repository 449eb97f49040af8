import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { afterProbe, beginSearch, type Search } from "../../../../simulators/load/rate_search.ts";

/** Searches against a store that holds every rate up to `capacity`; answers the search and the rates it tried. */
function searchFor(capacity: number, first: number): { found: Search; tried: number[] } {
  const tried: number[] = [];
  let found = beginSearch(first);
  while (found.next !== undefined) {
    tried.push(found.next);
    assert(tried.length < 100, `a search without an end: ${tried.slice(0, 30)}`);
    found = afterProbe(found, found.next <= capacity);
  }
  return { found, tried };
}

Deno.test("a search doubles until a rate fails, then narrows down to a twentieth", () => {
  const { found, tried } = searchFor(3_000, 250);
  assertEquals(tried.slice(0, 5), [250, 500, 1_000, 2_000, 4_000]);
  assert(
    found.held <= 3_000 && found.failed > 3_000 && found.failed <= found.held * 1.06,
    JSON.stringify(found),
  );
});

Deno.test("whatever the capacity, a search ends within twenty probes at the highest rate it saw held", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500_000 }),
      fc.integer({ min: 100, max: 10_000 }),
      (capacity, first) => {
        const { found, tried } = searchFor(capacity, first);
        assert(tried.length <= 20, `${tried}`);
        assertEquals(new Set(tried).size, tried.length);
        assertEquals(found.held, Math.max(0, ...tried.filter((rate) => rate <= capacity)));
        if (found.held > 40) {
          assert(found.failed <= found.held * 1.1, JSON.stringify(found));
        }
      },
    ),
  );
});

Deno.test("where even the lowest rate fails, a search ends with none", () => {
  assertEquals(searchFor(0, 250).found.held, 0);
});

Deno.test("a search that is over stays as it is", () => {
  const { found } = searchFor(1_000, 250);
  assertEquals(afterProbe(found, true), found);
});
