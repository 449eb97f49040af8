/**
 * Declared names and file names use the field's words; the private ones of before don't come back.
 * @module
 */
import { basename } from "node:path/posix";
import type { SourceTree } from "../source_tree.ts";
import type { DeclaredName, SourceFile } from "../syntax/source_file.ts";
import { FORBIDDEN_WORDS, type ForbiddenWord } from "./forbidden_words.ts";
import type { Violation } from "./violation.ts";

export function forbiddenNameViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.values()].flatMap(violationsOfFile);
}

function violationsOfFile(file: SourceFile): readonly Violation[] {
  if (file.path.endsWith("/forbidden_words.ts")) return [];
  const fileName = { name: basename(file.path).replace(/(_test)?\.\w+$/, ""), line: 1 };
  const names = [fileName, ...file.names];
  return FORBIDDEN_WORDS.flatMap((forbidden) => {
    const found = names.filter(({ name }) => holds(name, forbidden));
    return found.length === 0 ? [] : [violation(file.path, forbidden, found)];
  });
}

function violation(path: string, [word, instead]: ForbiddenWord, found: readonly DeclaredName[]): Violation {
  const names = [...new Set(found.map(({ name }) => name))].join(", ");
  const message = `${path}:${found[0]!.line} declares ${names}: instead of "${word}" write ${instead}`;
  return { key: `${path} ${word}`, message };
}

/** Whether the words of the phrase follow each other in the name: "case book" in `CaseBookOptions`. */
function holds(name: string, [phrase, , isWholeName]: ForbiddenWord): boolean {
  if (isWholeName) return name.replace(/^#/, "") === phrase;
  return ` ${wordsOf(name).join(" ")} `.includes(` ${phrase} `);
}

const words = new Map<string, readonly string[]>();

/** The words of a name in camelCase, snake_case or SCREAMING_CASE, in small letters. */
export function wordsOf(name: string): readonly string[] {
  const known = words.get(name);
  if (known !== undefined) return known;
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  const found = spaced.toLowerCase().split(/[^a-z0-9]+/).filter((word) => word !== "");
  words.set(name, found);
  return found;
}
