import { assertEquals } from "@std/assert";
import { breakingChanges } from "../../../../schema/catalogue/breaking_changes.ts";
import type { JsonSchema } from "../../../../schema/catalogue/catalogue.ts";

const before: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string", maxLength: 10 },
    kind: { type: "string", enum: ["a", "b"] },
    parts: { type: "array", items: { type: "object", properties: { size: { type: "number", minimum: 0 } } } },
  },
  required: ["name"],
};

function changes(properties: object, more: object = {}): string[] {
  const after = { ...before, properties: { ...before.properties as object, ...properties }, ...more };
  return breakingChanges({ event: { 1: before } }, { event: { 1: after } });
}

Deno.test("a field more, a wider bound and another word to choose break nobody", () => {
  const wider = { name: { type: "string", maxLength: 20 }, kind: { type: "string", enum: ["a", "b", "c"] } };
  assertEquals(changes({ ...wider, note: { type: "string" } }), []);
});

Deno.test("what breaks is named by its place and its rule", () => {
  assertEquals(changes({ name: { type: "number" } }), ["event v1.name: has another type"]);
  assertEquals(changes({ name: { type: "string", maxLength: 5 } }), [
    "event v1.name: has a tighter maxLength",
  ]);
  assertEquals(changes({ kind: { type: "string", enum: ["a"] } }), ['event v1.kind: takes "b" no more']);
  assertEquals(changes({}, { required: ["name", "kind"] }), ["event v1.kind: is needed now"]);
  assertEquals(changes({}, { required: [] }), ["event v1.name: may be missing now"]);
  const parts = {
    type: "array",
    items: { type: "object", properties: { size: { type: "number", minimum: 1 } } },
  };
  assertEquals(changes({ parts }), ["event v1.parts[].size: has a tighter minimum"]);
  const { kind: _, ...rest } = before.properties as Record<string, JsonSchema>;
  assertEquals(changes({}, { properties: rest }), ["event v1.kind: is gone"]);
});

Deno.test("a new version may differ as it likes, and a type that goes breaks those who read it", () => {
  assertEquals(breakingChanges({ event: { 1: before } }, { event: { 2: { type: "object" } } }), []);
  assertEquals(breakingChanges({ event: { 1: before } }, {}), ["event: is gone"]);
  assertEquals(breakingChanges({ event: { 2: before } }, { event: { 1: before } }), [
    "event v2: is gone, and no later version is there",
  ]);
});
