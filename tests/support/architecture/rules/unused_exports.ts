/**
 * An export of the product is used: by another product file, by the users of the package, or by its own unit test.
 * @module
 */
import { isTest, type SourceTree } from "../source_tree.ts";
import type { Export, SourceFile } from "../syntax/source_file.ts";
import { mirroredSource } from "./mirrored_tests.ts";
import type { Violation } from "./violation.ts";

export function unusedExportViolations(tree: SourceTree): readonly Violation[] {
  const uses = new ExportUses(tree.files);
  for (const entry of tree.entries) uses.add(entry, "*");
  for (const { path, imports } of tree.files.values()) {
    for (const { target, names, kind } of imports) {
      if (kind === "reexport" || !countsAsUse(path, target)) continue;
      for (const name of names) uses.add(target, name);
    }
  }
  return [...tree.files.values()].filter(({ path }) => !isTest(path)).flatMap((file) =>
    file.exports.filter(({ name }) => name !== "*" && !uses.has(file.path, name)).map(({ name, line }) => ({
      key: `${file.path} ${name}`,
      message: `${file.path}:${line} exports ${name}: no other file of the product uses it; drop the export`,
    }))
  );
}

function countsAsUse(importer: string, target: string): boolean {
  if (importer === target) return false;
  if (!isTest(importer)) return true;
  return mirroredSource(importer) === target;
}

/** The exports that are used; a re-export passes its own use on to what it names. */
class ExportUses {
  readonly #files: ReadonlyMap<string, SourceFile>;
  readonly #used = new Set<string>();

  constructor(files: ReadonlyMap<string, SourceFile>) {
    this.#files = files;
  }

  has(path: string, name: string): boolean {
    return this.#used.has(`${path} ${name}`);
  }

  /** @param name `*` for all exports of the file */
  add(path: string, name: string): void {
    const file = this.#files.get(path);
    if (file === undefined || this.has(path, name)) return;
    this.#used.add(`${path} ${name}`);
    if (name === "*") { for (const each of file.exports) this.#addExport(path, each, "*"); }
    else for (const each of exportsNamed(file, name)) this.#addExport(path, each, name);
  }

  #addExport(path: string, { name, origin }: Export, asked: string): void {
    if (name !== "*") this.add(path, name);
    if (origin !== undefined) this.add(origin.target, name === "*" ? asked : origin.name);
  }
}

/** The export of the name, or else every `export *` that may hold it. */
function exportsNamed(file: SourceFile, name: string): readonly Export[] {
  const own = file.exports.filter((each) => each.name === name);
  return own.length > 0 ? own : file.exports.filter((each) => each.name === "*");
}
