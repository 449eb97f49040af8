/** The files that are generated from the SQL, and what SQL and TypeScript must say alike. @module */
import { assertEquals, assertMatch } from "@std/assert";
import { backendOptions } from "../../../../console/store/options.ts";
import { generatedFiles } from "../../../../schema/postgres/schema_dump.ts";
import { functionFiles, tableChanges } from "../../../../schema/postgres/sql_files.ts";
import { fileListText, servesFrom } from "../../../../schema/postgres/schema_text.ts";

const HERE = new URL("../../../../schema/postgres/", import.meta.url);

Deno.test("schema.sql and the list of SQL files are up to date (deno task schema:dump)", async () => {
  for (const [name, text] of Object.entries(await generatedFiles())) {
    assertEquals(await Deno.readTextFile(new URL(name, HERE)), text, `${name} is stale`);
  }
});

Deno.test("a file that is added is a file that is imported, a table change with its number", () => {
  const text = fileListText(["001_baseline.sql", "012_more_rows.sql"], ["fetch_due.sql"]);
  assertMatch(text, /^import moreRowsSql from "\.\/tables\/012_more_rows\.sql" with \{ type: "text" \};$/m);
  assertMatch(text, /^ {2}\{ number: 12, name: "more_rows", sql: moreRowsSql \},$/m);
  assertMatch(text, /^ {2}\{ name: "fetch_due", sql: fetchDueSql \},$/m);
});

Deno.test("table changes are numbered one by one", () => {
  assertEquals(tableChanges.map(({ number }) => number), tableChanges.map((_, i) => i + 1));
});

Deno.test("a table change serves programs of its own version, unless it says that it serves those of the one before", () => {
  for (const change of tableChanges) {
    const { number } = change;
    assertEquals(servesFrom(change), /^-- Serves /m.test(change.sql) ? number - 1 : number);
  }
  const sql = "-- A column.\n-- Serves programs from version 4.\nalter table t add c text;";
  assertEquals(servesFrom({ number: 5, name: "column", sql }), 4);
  assertEquals(servesFrom({ number: 5, name: "column", sql: "alter table t add c text;" }), 5);
});

Deno.test("each function has a file of its own, named as it is, that begins with its contract", () => {
  for (const { name, sql } of functionFiles) {
    assertMatch(sql, new RegExp(`^(-- .+\n)+create function zaakstroom\\.${name}\\(`), name);
    assertEquals(sql.match(/^create /gm)!.length, 1, name);
  }
});

Deno.test("the table of the store takes as many partitions as the option does", () => {
  const [, most] = /partitions between 1 and (\d+)/.exec(tableChanges[0]!.sql)!;
  const takes = (partitions: number) => backendOptions.partitions.schema.safeParse(`${partitions}`).success;
  assertEquals([takes(Number(most)), takes(Number(most) + 1)], [true, false]);
});

Deno.test("nothing waits for an advisory lock, which whoever has a session may take", async () => {
  assertEquals(found(await allSources(), /(pg_\w*advisory\w*)/g), []);
});

Deno.test("TypeScript knows the error codes that SQL raises, and no others", async () => {
  const codes = (texts: readonly string[]) => [...new Set(found(texts, /["'](ZS\d+)["']/g))].sort();
  assertEquals(codes(await backendSources()), codes(functionFiles.map(({ sql }) => sql)));
});

function found(texts: readonly string[], pattern: RegExp): string[] {
  return texts.flatMap((text) => [...text.matchAll(pattern)].map(([, what]) => what!));
}

async function allSources(): Promise<string[]> {
  return [...await backendSources(), ...functionFiles.map(({ sql }) => sql)];
}

/** The TypeScript of the PostgreSQL backend. */
async function backendSources(folder = new URL("../../backends/postgres/", HERE)): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) texts.push(...await backendSources(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts")) texts.push(await Deno.readTextFile(new URL(name, folder)));
  }
  return texts;
}
