import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { derivedIds, isDerivedId, newRootId, reproducibleRootId } from "../../../schema/ids.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const derivedId = derivedIds("a secret");
const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

Deno.test("a derived id is a valid UUID, the same for the same input, and another for any other", () => {
  fc.assert(fc.property(fc.uuid(), times, fc.nat(), (input, time, index) => {
    const id = derivedId(input, time, "intake", index);
    assertMatch(id, UUID);
    assertEquals(derivedId(input, time, "intake", index), id);
    for (
      const other of [derivedId(input, time, "intake", index + 1), derivedId(input, time, "analysis", index)]
    ) {
      assertNotEquals(other, id);
    }
  }));
});

Deno.test("derived ids sort by the time of their input", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), times, fc.integer({ min: 1, max: 1e9 }), (a, b, time, later) => {
      assert(derivedId(a, time, "intake", 0) < derivedId(b, time + later, "intake", 0));
    }),
  );
});

Deno.test("a root id that comes out alike at every try is a UUIDv7, and no id of an output", () => {
  fc.assert(fc.property(fc.uuid(), times, fc.nat(), (seed, time, n) => {
    const id = reproducibleRootId(time, seed, n);
    assertMatch(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assertEquals(reproducibleRootId(time, seed, n), id);
    assertNotEquals(reproducibleRootId(time, seed, n + 1), id);
    assertEquals([isDerivedId(id), isDerivedId(newRootId())], [false, false]);
    assert(isDerivedId(derivedId(seed, time, "intake", n)));
  }));
});

Deno.test("root ids are UUIDv7 and differ", () => {
  const ids = Array.from({ length: 1000 }, newRootId);
  assertEquals(new Set(ids).size, 1000);
  assertMatch(ids[0]!, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});
