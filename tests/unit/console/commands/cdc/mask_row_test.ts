import { assertEquals, assertThrows } from "@std/assert";
import { maskRows, tableNames } from "../../../../../console/commands/cdc/mask_row.ts";

const events = { schema: "zaakstroom", table: "events" };

Deno.test("of our own log the data is masked by its type, and a case id that may be a BSN", () => {
  const data = JSON.stringify({
    case_id: "111222333",
    citizen_bsn: "123456782",
    debt_type: "huur",
    name: "Jansen",
  });
  const row = { position: 7, type: "case.intake", case_id: "111222333", data, added: "later" };
  const shown = maskRows([])(events, row);
  assertEquals({ ...shown, data: JSON.parse(String(shown.data)) }, {
    position: 7,
    type: "case.intake",
    case_id: "*******33",
    data: { case_id: "*******33", citizen_bsn: "*******82", debt_type: "huur", name: "not shown" },
    added: "not shown",
  });
  assertEquals(maskRows([])(events, { ...row, data: "{" }).data, "not shown");
});

Deno.test("of another table only what is listed leaves, and nothing stays nothing", () => {
  const people = { schema: "public", table: "people" };
  const row = { id: 123456782, name: null, town: "Gouda" };
  assertEquals(maskRows([])(people, row), { id: "not shown", name: null, town: "not shown" });
  assertEquals(maskRows(["public.people.town"])(people, row).town, "Gouda");
});

Deno.test("a table is named with its schema", () => {
  assertEquals(tableNames(["public.people"]), [{ schema: "public", table: "people" }]);
  for (const name of ["people", "a.b.c", ".people"]) assertThrows(() => tableNames([name]));
});
