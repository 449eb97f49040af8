import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { caseEvolution, evolution, UnknownKind } from "../../../schema/evolution.ts";

const lifting = evolution({ "case.moved": 3, "case.new": 1 }, {
  "case.moved@1": (data) => ({ ...data, street: data.address, address: undefined }),
  "case.moved@2": (data) => ({ ...data, city: "onbekend" }),
});

Deno.test("data is lifted step by step to the current version, and left alone there", () => {
  const current = lifting.upcast({ type: "case.moved", version: 1 }, { address: "Dam 1" });
  assertEquals(current, { street: "Dam 1", address: undefined, city: "onbekend" });
  const data = { street: "Dam 1" };
  assertEquals(lifting.upcast({ type: "case.moved", version: 2 }, data), {
    street: "Dam 1",
    city: "onbekend",
  });
  assertEquals(lifting.upcast({ type: "case.moved", version: 3 }, data) === data, true);
});

Deno.test("a kind without a path is refused by name", () => {
  const gap = evolution({ "case.moved": 3 }, { "case.moved@2": (data) => data });
  const kinds = [
    [gap, "case.moved", 1],
    [lifting, "case.moved", 4],
    [lifting, "case.gone", 1],
    [caseEvolution, "constructor", 1],
  ] as const;
  for (const [evolve, type, version] of kinds) {
    const error = assertThrows(() => evolve.upcast({ type, version }, {}), UnknownKind);
    assertStringIncludes(error.message, `${type} version ${version}`);
    assertEquals(evolve.unreachable([{ type, version }]), [{ type, version }]);
  }
  assertEquals(
    lifting.unreachable([{ type: "case.moved", version: 1 }, { type: "case.new", version: 1 }]),
    [],
  );
});
