/**
 * Imports point one way: from main.ts through the console down to the schema, and never up.
 * @module
 */
import { isTest, type SourceTree } from "../source_tree.ts";
import type { Import } from "../syntax/source_file.ts";
import type { Violation } from "./violation.ts";

/** From the top; a layer may use each one after it. */
const LAYERS = ["main.ts", "console", "simulators", "actors", "backends", "schema"];

/** Pure rooms of `actors`, and the only parts of it that they may use. */
const PURE_ROOMS = ["actors/processors/", "actors/reasoning/"];
const PURE_ROOMS_USE = ["schema/", "actors/processor.ts", ...PURE_ROOMS];

export function importDirectionViolations({ files }: SourceTree): readonly Violation[] {
  return [...files.values()].filter(({ path }) => !isTest(path)).flatMap(({ path, imports }) =>
    imports.flatMap((each) => {
      const reason = isProgram(path, each) ? undefined : whyForbidden(path, each.target);
      if (reason === undefined) return [];
      const key = `${path} imports ${each.target}`;
      return [{ key, message: `${path}:${each.line} imports ${each.target}: ${reason}` }];
    })
  );
}

/** Whether main.ts is named as a program to run, or called by a simulator that is the program itself: not an import. */
export function isProgram(importer: string, { target, kind, isUnderMain }: Import): boolean {
  if (target !== "main.ts") return false;
  return kind === "path" || (kind === "dynamic" && isUnderMain && importer.startsWith("simulators/"));
}

function whyForbidden(importer: string, target: string): string | undefined {
  if (isTest(target)) return "the product doesn't know its tests";
  const [from, to] = [layerOf(importer), layerOf(target)];
  if (LAYERS.indexOf(to) >= 0 && LAYERS.indexOf(to) < LAYERS.indexOf(from)) {
    return `${to} stands above ${from} (${LAYERS.join(" → ")})`;
  }
  const isPure = PURE_ROOMS.some((room) => importer.startsWith(room));
  if (!isPure || PURE_ROOMS_USE.some((allowed) => target.startsWith(allowed))) return undefined;
  return `processors and reasoning use only ${PURE_ROOMS_USE.join(", ")}`;
}

function layerOf(path: string): string {
  return path.split("/")[0]!;
}
