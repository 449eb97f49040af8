import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidCandidate } from "../../../../../actors/reasoning/candidate/policy_form.ts";
import {
  figuresFile,
  otherFigures,
  parseFigures,
  parseTable,
  tableFile,
  tableNames,
} from "../../../../../actors/reasoning/candidate/rules_form.ts";

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

Deno.test("the tables and figures in effect as files are read back as they are", () => {
  for (const name of tableNames) assertEquals(parseTable(name, copy(tableFile(name))), tableFile(name));
  assertEquals(otherFigures(parseFigures(copy(figuresFile()))), []);
});

Deno.test("amounts among the figures are euros with two decimals in the file, and whole cents inside", () => {
  const read = parseFigures(copy(figuresFile()));
  assertEquals(read.wahv_fee![0]!.value, 900);
  assertEquals(read.cak_signal![0]!.value, { amount: 10_000, months: 5 });
  const text = JSON.stringify(figuresFile());
  assertStringIncludes(text, '"value":9.00');
  assertStringIncludes(text, '{"amount":100.00,"months":5}');
  assertStringIncludes(text, '{"width":2500.00,"share":0.15}');
  // Whatever is above five years in months or days is an amount, so that no amount is left in cents.
  const numbers = text.matchAll(/[:[,](\d+(?:\.\d+)?)(?=[,}\]])/g).map(([, number]) => number!);
  assertEquals([...numbers].filter((number) => Number(number) > 60 && !/\.\d\d$/.test(number)), []);
});

Deno.test("a table with a gap, a row nothing reaches or an unknown fact is refused with the row", () => {
  const table = copy(tableFile("decision"));
  const without = { ...table, rows: table.rows.slice(0, -1) };
  assertThrows(() => parseTable("decision", without), InvalidCandidate, "no row for");
  const [first] = table.rows;
  const twice = { ...table, rows: [...table.rows, { ...first!, id: "again" }] };
  assertThrows(() => parseTable("decision", twice), InvalidCandidate, "nothing reaches again");
  const strange = { ...table, rows: [{ ...first!, when: { weather: ["rain"] } }, ...table.rows.slice(1)] };
  assertThrows(() => parseTable("decision", strange), InvalidCandidate, "no fact weather = ");
  const act = { ...table, rows: [{ ...first!, then: "fine" }, ...table.rows.slice(1)] };
  assertThrows(() => parseTable("decision", act), InvalidCandidate, "row threatening: then must be one of");
});

Deno.test("a figure that is unknown, of another kind or out of order is refused by its id", () => {
  const refused: [unknown, string][] = [
    [{ months: [{ from: "2026-01-01", value: 24 }] }, "months: there is no such figure"],
    [
      { ordinary_months: [{ from: "2026-01-01", value: "24" }] },
      "ordinary_months: the value from 2026-01-01 is",
    ],
    [{ ordinary_months: [{ from: "soon", value: 24 }] }, "ordinary_months.0.from: must be a day"],
    [
      { ordinary_months: [{ from: "2026-01-01", value: 24 }, { from: "2025-01-01", value: 30 }] },
      "ordinary_months: the values must be in the order",
    ],
    [{ duo_transfer: [{ from: "2026-01-01", value: { amount: 1 } }] }, "duo_transfer: the value from"],
  ];
  refused.push([
    { wahv_fee: [{ from: "2026-01-01", value: 9.005 }] },
    "wahv_fee: the value from 2026-01-01: an",
  ]);
  for (const [value, message] of refused) assertThrows(() => parseFigures(value), InvalidCandidate, message);
});
