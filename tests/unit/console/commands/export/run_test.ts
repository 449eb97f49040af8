import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { override } from "../../../../../backends/primitives/override.ts";
import { defaultsOf } from "../../../../../console/cli/options.ts";
import { exportOptions, type ExportValues } from "../../../../../console/commands/export/options.ts";
import { printModel } from "../../../../../console/commands/export/run.ts";
import { readInput } from "../../../../../schema/input.ts";
import { printed } from "../../printed.ts";

const intake = (case_id: string, organization = "CAK") =>
  readInput({ case_id, citizen_bsn: "123456782", debt_amount: 12.5, debt_type: "huur", organization });

const signal = new AbortController().signal;

async function exported(cases: ReturnType<typeof intake>[], name: string, more: Partial<ExportValues> = {}) {
  const backend = createMemoryBackend({ partitions: 2 });
  await backend.append(cases);
  const { out, output } = printed();
  await printModel(backend, name, { ...defaultsOf(exportOptions), ...more } as ExportValues, output, signal);
  const trail = await backend.audit("store");
  await backend.close();
  return { lines: out.flatMap((text) => text.split("\n")), trail };
}

Deno.test("a read model is exported whole, each row once, in the order of its keys", async () => {
  const ids = Array.from({ length: 1_203 }, (_, i) => `zaak-${i}`);
  const { lines } = await exported(ids.map((id) => intake(id)), "cases");
  const rows = lines.map((line) => JSON.parse(line));
  assertEquals(rows.map(({ case_id }) => case_id), ids.toSorted());
  assertEquals([rows[0].amount, rows[0].latest, "progress" in rows[0]], [12.5, "case.intake", false]);
  assertMatch(lines[0]!, /"amount":12\.50/);
});

Deno.test("CSV has the columns first, euros with two decimals, and no formula", async () => {
  const { lines } = await exported([intake("zaak-1", '=cmd("x")')], "cases", { output: "csv" });
  assertMatch(lines[0]!, /^case_id,version,latest,/);
  assertMatch(lines[1]!, /^zaak-1,1,case\.intake,.*"'=cmd\(""x""\)".*,12\.50,/);
  assertEquals((await exported([], "flow_per_day", { output: "csv" })).lines.length, 1);
});

Deno.test("a BSN leaves with --personal alone, and who asked and why is kept before", async () => {
  const cases = [intake("zaak-1"), intake("111222333")];
  const masked = await exported(cases, "cases");
  assert(!masked.lines.join().match(/123456782|111222333/));
  assertEquals(masked.trail, []);
  const asked = { personal: true, reason: "Request 12", as: "j.jansen" };
  const { lines, trail } = await exported(cases, "cases", asked);
  assertEquals(
    lines.map((line) => JSON.parse(line)).map(({ case_id, citizen_bsn }) => [case_id, citizen_bsn]),
    [
      ["111222333", "123456782"],
      ["zaak-1", "123456782"],
    ],
  );
  assertEquals(trail.map(({ act, why }) => [act, why]), [["export_personal", "cases: Request 12"]]);
  assertMatch(trail[0]!.by, /^j\.jansen/);
});

Deno.test("a store without read models says what to do", async () => {
  const backend = createMemoryBackend();
  const bare = override(backend, { models: undefined as never });
  const values = defaultsOf(exportOptions) as ExportValues;
  await assertRejects(() => printModel(bare, "cases", values, printed().output, signal), Error, "relay");
  await backend.close();
});
