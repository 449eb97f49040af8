/**
 * Bounds of folders, files and functions, in the product and its tests.
 * @module
 */
import { dirname } from "node:path/posix";
import type { SourceTree } from "../source_tree.ts";
import type { Violation } from "./violation.ts";

export const FOLDER_FILES_MAX = 16;
export const FILE_LINES_MAX = 300;
export const FUNCTION_LINES_MAX = 60;

/** Folders that may grow: each holds one thing a file, and a list of what it holds. */
const ROOMS_OF_ONE_THING_A_FILE: Readonly<Record<string, string>> = {
  "simulators/faults": "one fault a file",
  "console/commands": "one command a file",
  "console/http/routes": "one route a file",
  "console/web/pages": "one page a file",
  "console/web/acts": "one act a file",
  "schema/postgres/functions": "one SQL function a file",
  "actors/projections": "one projection a file",
  "tests/conformance/cases": "one part of the contract a file",
};

/** Files that a program writes and nobody edits. */
const GENERATED = new Set(["schema/postgres/schema.sql"]);

export function folderViolations({ files }: SourceTree): readonly Violation[] {
  const counts = new Map<string, number>();
  for (const path of files.keys()) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].filter(([folder, count]) =>
    count > FOLDER_FILES_MAX && !Object.hasOwn(ROOMS_OF_ONE_THING_A_FILE, folder)
  ).map(([folder, count]) => ({
    key: folder,
    message:
      `${folder} holds ${count} files: at most ${FOLDER_FILES_MAX}, so that a reader sees what is there`,
  }));
}

export function fileLengthViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.values()].filter(({ path, lines }) => lines > FILE_LINES_MAX && !GENERATED.has(path)).map((
    { path, lines },
  ) => ({
    key: path,
    message: `${path} has ${lines} lines: at most ${FILE_LINES_MAX}`,
  }));
}

export function functionLengthViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.values()].flatMap(({ path, functions }) =>
    functions.filter(({ lines }) => lines > FUNCTION_LINES_MAX).map(({ name, line, lines }) => ({
      key: `${path} ${name}`,
      message: `${path}:${line} ${name} has ${lines} lines: at most ${FUNCTION_LINES_MAX}`,
    }))
  );
}
