/**
 * All rules of the architecture test, by the name that the list of known violations uses.
 * @module
 */
import type { SourceTree } from "../source_tree.ts";
import { doubledExportViolations } from "./doubled_exports.ts";
import { forbiddenNameViolations } from "./forbidden_names.ts";
import { importCircleViolations } from "./import_circles.ts";
import { importDirectionViolations } from "./import_direction.ts";
import { mirroredTestViolations } from "./mirrored_tests.ts";
import { siblingImportViolations } from "./sibling_imports.ts";
import { fileLengthViolations, folderViolations, functionLengthViolations } from "./sizes.ts";
import { unusedExportViolations } from "./unused_exports.ts";
import type { Violation } from "./violation.ts";

export interface Rule {
  /** Its name in the list of known violations. */
  readonly id: string;
  /** What it demands; the name of its test. */
  readonly sentence: string;
  readonly violationsIn: (tree: SourceTree) => readonly Violation[];
}

export const rules: readonly Rule[] = [
  {
    id: "import direction",
    sentence: "imports point one way: main.ts, console, simulators, actors, backends, schema",
    violationsIn: importDirectionViolations,
  },
  { id: "import circle", sentence: "no imports run in a circle", violationsIn: importCircleViolations },
  {
    id: "sibling import",
    sentence: "stores don't import each other, nor do commands, and what they share imports no store",
    violationsIn: siblingImportViolations,
  },
  {
    id: "folder size",
    sentence: "a folder holds at most 16 files, unless it is a room of one thing a file",
    violationsIn: folderViolations,
  },
  { id: "file length", sentence: "a file has at most 300 lines", violationsIn: fileLengthViolations },
  {
    id: "function length",
    sentence: "a function has at most 60 lines",
    violationsIn: functionLengthViolations,
  },
  {
    id: "unused export",
    sentence: "the product, the users of the package or its own unit test use every export",
    violationsIn: unusedExportViolations,
  },
  {
    id: "doubled export",
    sentence: "no name is exported by two files of a layer",
    violationsIn: doubledExportViolations,
  },
  {
    id: "forbidden word",
    sentence: "names use the field's words, and none of the private ones of before",
    violationsIn: forbiddenNameViolations,
  },
  {
    id: "mirrored test",
    sentence: "every unit test stands where the file that it tests stands",
    violationsIn: mirroredTestViolations,
  },
];
