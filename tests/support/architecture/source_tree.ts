/**
 * The source of the repository, product and tests, parsed once for all rules.
 * @module
 */
import { fileURLToPath } from "node:url";
// Version 6 is the last one whose parser runs in JavaScript; 7 asks a native program, behind an unstable interface.
import ts from "typescript";
import { declaredNamesOf, declaredNamesOfSql } from "./syntax/declared_names.ts";
import { exportsOf } from "./syntax/exports.ts";
import { functionsOf } from "./syntax/functions.ts";
import { importsOf } from "./syntax/imports.ts";
import type { SourceFile } from "./syntax/source_file.ts";

export interface SourceTree {
  readonly files: ReadonlyMap<string, SourceFile>;
  /** The files that `exports` of deno.json names. */
  readonly entries: readonly string[];
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The folders that hold source; everything else at the root is a single file. */
const FOLDERS = ["actors", "backends", "console", "schema", "simulators", "tests"];

/** Reads and parses the repository; about a second. */
export async function readSourceTree(): Promise<SourceTree> {
  const texts = new Map([["main.ts", await Deno.readTextFile(`${ROOT}main.ts`)]]);
  for (const folder of FOLDERS) {
    for await (const path of sourcesIn(folder)) texts.set(path, await Deno.readTextFile(ROOT + path));
  }
  const { exports } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as Configuration;
  const entries = typeof exports === "string" ? [exports] : Object.values(exports);
  return parseSourceTree(texts, entries.map((entry) => entry.replace(/^\.\//, "")));
}

interface Configuration {
  readonly exports: string | Readonly<Record<string, string>>;
}

/** @param texts the text of each file by its path from the root */
export function parseSourceTree(
  texts: Iterable<[string, string]>,
  entries: readonly string[] = [],
): SourceTree {
  const files = [...texts].map(([path, text]) => [path, parseFile(path, text)] as const);
  return { files: new Map(files.sort(([a], [b]) => a < b ? -1 : 1)), entries };
}

export function isTest(path: string): boolean {
  return path.startsWith("tests/");
}

async function* sourcesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sourcesIn(path);
    else if (/\.(ts|sql)$/.test(name)) yield path;
  }
}

function parseFile(path: string, text: string): SourceFile {
  const lines = text.replace(/\n$/, "").split("\n").length;
  if (path.endsWith(".sql")) {
    return { path, lines, imports: [], exports: [], functions: [], names: declaredNamesOfSql(text) };
  }
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return {
    path,
    lines,
    imports: importsOf(source),
    exports: exportsOf(source),
    functions: functionsOf(source),
    names: declaredNamesOf(source),
  };
}
