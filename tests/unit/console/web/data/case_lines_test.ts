import { assertEquals } from "@std/assert";
import { listCases } from "../../../../../actors/case_list.ts";
import type { Backend } from "../../../../../backends/backend.ts";
import { createMemoryBackend } from "../../../../../backends/memory/memory_backend.ts";
import { override } from "../../../../../backends/primitives/override.ts";
import {
  type CaseLines,
  type Cursor,
  cursorText,
  readCaseLine,
  readCaseLines,
  readCursor,
} from "../../../../../console/web/data/case_lines.ts";
import { anEvent } from "../../../../support/events.ts";

const cases = ["zaak-1", "zaak-2", "zaak-3", "zaak-4", "zaak-5"];

/** The same cases on a store with read models, and on one that keeps a list of its own. */
async function bothStores(): Promise<readonly (readonly [name: string, backend: Backend])[]> {
  const backend = createMemoryBackend({ partitions: 2 });
  for (const id of cases) await backend.append([anEvent(id, 1)]);
  const listed = override(backend, {
    models: undefined as never,
    listCases: (options) => listCases(backend, options) as never,
  });
  return [["read models", backend], ["a list", listed]];
}

const idsOf = ({ lines }: CaseLines) => lines.map(({ case_id }) => case_id);

Deno.test("a list of cases is read page by page, to its end and back", async () => {
  for (const [name, backend] of await bothStores()) {
    const page = (cursor: Cursor | undefined) => readCaseLines(backend, {}, cursor, 2);
    const first = await page(undefined);
    const second = await page(first.older);
    const third = await page(second.older);
    assertEquals(
      [first, second, third].map(idsOf),
      [["zaak-5", "zaak-4"], ["zaak-3", "zaak-2"], ["zaak-1"]],
      name,
    );
    assertEquals([first.newer, third.older], [undefined, undefined], name);
    const back = await page(third.newer);
    assertEquals([idsOf(back), idsOf(await page(back.newer))], [idsOf(second), idsOf(first)], name);
    assertEquals((await page(back.newer)).newer, undefined, name);
    await backend.close();
  }
});

Deno.test("a line says the same of a case wherever it comes from, with its amount in euros", async () => {
  const lines = [];
  for (const [, backend] of await bothStores()) {
    const listed = (await readCaseLines(backend, {}, undefined, 5)).lines[4]!;
    assertEquals(await readCaseLine(backend, "zaak-1"), listed);
    const { opened_at: _, updated_at: __, ...line } = listed;
    lines.push(line);
  }
  const { state, waits_for, debt_amount, version } = lines[0]!;
  assertEquals(lines[1], lines[0]);
  assertEquals([state, waits_for, debt_amount, version], ["received", "processing", 1250.5, 1]);
});

Deno.test("cases are chosen by their state, what they wait for, and their organisation", async () => {
  const backend = createMemoryBackend({ partitions: 2 });
  await backend.append([anEvent("zaak-1", 1), anEvent("zaak-2", 1), anEvent("zaak-2", 2, "case.analysis")]);
  const found = async (filter: object) => idsOf(await readCaseLines(backend, filter, undefined, 5));
  assertEquals(await found({ state: "received" }), ["zaak-1"]);
  assertEquals(await found({ state: "analysed", organization: "gemeente" }), ["zaak-2"]);
  assertEquals(await found({ organization: "elsewhere" }), []);
  assertEquals(await readCaseLine(backend, "zaak-3"), undefined);
});

Deno.test("what is no cursor begins the list at its beginning", () => {
  assertEquals(readCursor(cursorText({ to: "older", at: 7 })), { to: "older", at: 7 });
  for (const text of [null, "", "older", "7", "newer--7", "sideways-7", "older-99999999999999999999"]) {
    assertEquals(readCursor(text), undefined);
  }
});
