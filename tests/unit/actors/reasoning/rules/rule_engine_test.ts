import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Reject } from "../../../../../actors/processor.ts";
import {
  compile,
  type Row,
  RuleTableError,
  type Table,
} from "../../../../../actors/reasoning/rules/rule_engine.ts";

type Weather = { sky: "clear" | "cloudy"; wind: "calm" | "storm" };

function row(id: string, when: Row<Weather, string>["when"]): Row<Weather, string> {
  return { id, when, then: id, sources: [{ law: "Test", certainty: "policy" }], reason: id, reason_nl: id };
}

function table(
  rows: Row<Weather, string>[],
  change: Partial<Table<Weather, string>> = {},
): Table<Weather, string> {
  return {
    id: "weather",
    version: "1",
    valid_from: "2020-01-01",
    policy: "first",
    facts: { sky: ["clear", "cloudy"], wind: ["calm", "storm"] },
    rows,
    ...change,
  };
}

Deno.test("the first row that matches decides", () => {
  const rules = compile(table([row("stay_in", { wind: ["storm"] }), row("go_out", {})]));
  assertEquals(rules.match({ sky: "clear", wind: "storm" }, "2021-05-01").rows.map((r) => r.id), ["stay_in"]);
  assertEquals(rules.match({ sky: "clear", wind: "calm" }, "2021-05-01").applied, [
    { id: "weather/go_out", version: "1", source: "Test", certainty: "policy" },
  ]);
});

Deno.test("a collecting table gives every row that matches, and none where none does", () => {
  const rules = compile(
    table([row("coat", { wind: ["storm"] }), row("lamp", { sky: ["cloudy"] })], { policy: "collect" }),
  );
  const ids = (facts: Weather) => rules.match(facts, "2021-05-01").rows.map((r) => r.id);
  assertEquals(ids({ sky: "cloudy", wind: "storm" }), ["coat", "lamp"]);
  assertEquals(ids({ sky: "clear", wind: "calm" }), []);
});

Deno.test("a first-match table that leaves a combination without a row is refused by name", () => {
  const error = assertThrows(() => compile(table([row("stay_in", { wind: ["storm"] })])), RuleTableError);
  assertEquals(error.message, "Table weather: no row for sky = clear, wind = calm");
});

Deno.test("a row that nothing reaches is refused", () => {
  assertThrows(
    () => compile(table([row("always", {}), row("never", { sky: ["clear"] })])),
    RuleTableError,
    "never",
  );
});

Deno.test("a row on an unknown fact or value, and two rows with one id, are refused", () => {
  const misspelt = { skye: ["clear"] } as unknown as Row<Weather, string>["when"];
  assertThrows(() => compile(table([row("a", misspelt), row("b", {})])), RuleTableError, "skye");
  assertThrows(() => compile(table([row("a", { sky: ["clear"] }), row("a", {})])), RuleTableError, "one id");
});

Deno.test("the version of the day decides; a day without one is refused, versions that overlap too", () => {
  const old = table([row("old", {})], { version: "1", valid_until: "2023-07-01" });
  const rules = compile(table([row("new", {})], { version: "2", valid_from: "2023-07-01" }), old);
  const facts: Weather = { sky: "clear", wind: "calm" };
  assertEquals(rules.match(facts, "2023-06-30").applied[0]!.version, "1");
  assertEquals(rules.match(facts, "2023-07-01T00:00:00Z").applied[0]!.version, "2");
  assertThrows(() => rules.match(facts, "2019-12-31"), Reject, "no version holds");
  assertThrows(() => compile(old, table([row("new", {})], { version: "2" })), RuleTableError, "overlap");
});

Deno.test("a value outside the listed ones is refused, never guessed", () => {
  const rules = compile(table([row("any", {})]));
  assertThrows(
    () => rules.match({ sky: "green" as "clear", wind: "calm" }, "2021-05-01"),
    RangeError,
    "green",
  );
});

Deno.test("a compiled table answers as a plain reading of its rows does", () => {
  const conditions = fc.record({
    sky: fc.subarray(["clear", "cloudy"] as const, { minLength: 1 }),
    wind: fc.subarray(["calm", "storm"] as const, { minLength: 1 }),
  }, { requiredKeys: [] });
  const facts = fc.record({
    sky: fc.constantFrom("clear", "cloudy"),
    wind: fc.constantFrom("calm", "storm"),
  });
  fc.assert(fc.property(conditions, facts, (when, asked) => {
    const rows = [row("first", when as Row<Weather, string>["when"]), row("other", {})];
    const plain = rows.filter((r) =>
      (r.when.sky?.includes(asked.sky) ?? true) && (r.when.wind?.includes(asked.wind) ?? true)
    );
    const compiled = compile(table(rows, { policy: "collect" })).match(asked, "2021-01-01").rows;
    assertEquals(compiled.map((r) => r.id), plain.map((r) => r.id));
  }));
});
