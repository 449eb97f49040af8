/** `deno task schema:dump`: writes sql_files.ts and schema.sql from the files of tables/ and functions/. @module */
import { DEFAULT_PARTITIONS } from "../partition.ts";
import {
  fileListText,
  type FunctionFile,
  nameOf,
  numberOf,
  schemaText,
  type TableChange,
} from "./schema_text.ts";

const HERE = new URL("./", import.meta.url);

/** The text of each generated file, by its name. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const [tables, functions] = [await namesIn("tables"), await namesIn("functions")];
  const changes = await Promise.all(tables.map(readChange));
  const files = await Promise.all(functions.map(readFunction));
  return {
    "sql_files.ts": fileListText(tables, functions),
    "schema.sql": schemaText(changes, files, DEFAULT_PARTITIONS),
  };
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(`${folder}/`, HERE)));
  return entries.map(({ name }) => name).filter((name) => name.endsWith(".sql")).sort();
}

async function readChange(file: string): Promise<TableChange> {
  const sql = await Deno.readTextFile(new URL(`tables/${file}`, HERE));
  return { number: numberOf(file), name: nameOf(file), sql };
}

async function readFunction(file: string): Promise<FunctionFile> {
  const sql = await Deno.readTextFile(new URL(`functions/${file}`, HERE));
  return { name: nameOf(file), sql };
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await generatedFiles())) {
    await Deno.writeTextFile(new URL(name, HERE), text);
  }
}
