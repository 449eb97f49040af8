/** The formats of a result: a table for people; JSON, NDJSON and CSV for programs. @module */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { writtenEuros } from "../../../../schema/money.ts";
import { UsageError } from "../../../../console/cli/exit_codes.ts";
import { listResult, printResult, renderTable, toSnakeCase } from "../../../../console/cli/output.ts";

type Format = "table" | "json" | "ndjson" | "csv";

/** What is printed of two cases. */
function printed(
  format: Format | undefined,
  { json = false, width }: { json?: boolean; width?: number } = {},
) {
  const lines: string[] = [];
  const output = { out: (line: string) => void lines.push(line), err() {}, terminal: false, width };
  const rows = [
    { case_id: 'zaak "7"', version: 12, who: { name: "Jansen, J." } },
    { case_id: "8", version: 3, who: { name: null } },
  ];
  const columns = ["case_id", "version", "who.name"];
  printResult(
    output,
    { output: format, json },
    listResult("cases", rows, { columns, total: 9, empty: "None" }),
  );
  return lines;
}

Deno.test("a table has a header and aligned columns, numbers to the right", () => {
  assertEquals(printed(undefined), [
    [
      "CASE ID   VERSION  WHO NAME",
      'zaak "7"       12  Jansen, J.',
      "8               3",
    ].join("\n"),
    "… and 7 more: use --limit",
  ]);
});

Deno.test("an amount keeps its two decimals in every format", () => {
  const lines: string[] = [];
  const output = {
    out: (line: string) => void lines.push(line),
    err() {},
    terminal: false,
    width: undefined,
  };
  const rows = [{ paid: { amount: writtenEuros(1250.5) }, all: [{ amount: writtenEuros(7) }] }];
  for (const format of ["json", "ndjson", "csv", "table"] as const) {
    printResult(output, { output: format, json: false }, { json: { rows }, rows });
  }
  for (const line of lines) assert(line.includes("1250.50") && line.includes("7.00"), line);
  assertEquals(lines.length, 4);
});

Deno.test("a list is an object that holds it under its name, with how many there are", () => {
  const [line] = printed(undefined, { json: true });
  assertEquals(printed("json"), [line!]);
  const { total, cases } = JSON.parse(line!);
  assertEquals([total, cases.length, cases[0].who], [9, 2, { name: "Jansen, J." }]);
});

Deno.test("NDJSON is a row a line", () => {
  assertEquals(printed("ndjson").map((line) => JSON.parse(line).version), [12, 3]);
});

Deno.test("CSV quotes by RFC 4180, and nested fields have their path for a name", () => {
  assertEquals(printed("csv"), ['case_id,version,who.name\r\n"zaak ""7""",12,"Jansen, J."\r\n8,3,\r']);
});

Deno.test("two formats at once are refused", () => {
  assertEquals(printed("json", { json: true }).length, 1);
  assertThrows(
    () => printed("csv", { json: true }),
    UsageError,
    "Cannot use --json together with --output csv",
  );
});

Deno.test("wide values are cut to the terminal, what is copied into a command last, and nothing in a pipe", () => {
  const rows = [{ case_id: "x".repeat(30), latest: "y".repeat(60), version: 1 }];
  const columns = ["latest", "version", "case_id"];
  const [head, row] = renderTable(rows, columns, 60).split("\n");
  assertEquals([head!.length <= 60, row!.length], [true, 60]);
  assertEquals([row!.includes("x".repeat(30)), row!.includes("y…")], [true, true]);
  assertEquals(renderTable(rows, columns, 40).split("\n")[1], `yyyyyyy…        1  ${"x".repeat(20)}…`);
  assertEquals(renderTable(rows, columns).includes("y".repeat(60)), true);
});

Deno.test("a table has times to the second", () => {
  assertEquals(renderTable([{ at: "2026-01-02T03:04:05.678Z" }], ["at"]), "AT\n2026-01-02T03:04:05Z");
});

Deno.test("a cell can't break its line or repaint the terminal", () => {
  assertEquals(renderTable([{ text: "a\nb\x1b[2J" }], ["text"]), "TEXT\na␊b␛[2J");
});

Deno.test("an empty list says so to people, and is empty for programs", () => {
  const lines: string[] = [];
  const output = { out: (line: string) => void lines.push(line), err() {}, terminal: false };
  const result = listResult("cases", [], { columns: ["case_id"], empty: "No cases" });
  for (const format of ["table", "json", "ndjson", "csv"] as const) {
    printResult(output, { output: format, json: false }, result);
  }
  assertEquals(lines, ["No cases", '{"cases":[]}', "case_id\r"]);
});

Deno.test("keys of our own become snake_case at every depth, and values stay", () => {
  const amount = JSON.rawJSON("10.00");
  const value = { inReview: 1, durationMs: 2, list: [{ notPlayed: "inReview" }], "case.intake": 3, amount };
  const expected = { in_review: 1, duration_ms: 2, list: [{ not_played: "inReview" }], "case.intake": 3 };
  assertEquals(toSnakeCase(value), { ...expected, amount });
});
