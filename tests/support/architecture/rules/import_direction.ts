/**
 * Imports point one way: from main.ts through the console down to the schema, and never up.
 * @module
 */
import { isTest, type SourceTree } from "../source_tree.ts";
import type { Import } from "../syntax/source_file.ts";
import type { Violation } from "./violation.ts";

/** From the top; a layer may use each one after it. */
const LAYERS = ["main.ts", "console", "simulators", "actors", "backends", "schema"];

/** Rooms of the application that the runtime hosts. They are pure, and use nothing else of `actors`. */
const APPLICATION_ROOMS = [
  "actors/processors/",
  "actors/projections/",
  "actors/reasoning/",
  "actors/acts/",
  "actors/texts/",
];
const APPLICATION_USES = [
  "schema/",
  "actors/processor.ts",
  "actors/projection.ts",
  "actors/workflow/",
  ...APPLICATION_ROOMS,
];

/** The one door to these rooms; and the simulators that generate or prove this very application. */
const APPLICATION = "actors/application.ts";
const ABOUT_THE_APPLICATION = [
  APPLICATION,
  "simulators/cases/",
  "simulators/citizen/",
  "simulators/proof/",
  "simulators/training/",
];

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
  const [isInside, isOfRoom] = [importer, target].map((path) => isUnder(APPLICATION_ROOMS, path));
  if (isInside) {
    return isUnder(APPLICATION_USES, target)
      ? undefined
      : `the application uses only ${APPLICATION_USES.join(", ")}`;
  }
  if (!isOfRoom || isUnder(ABOUT_THE_APPLICATION, importer)) return undefined;
  return `only ${APPLICATION} imports the rooms of the application`;
}

function isUnder(rooms: readonly string[], path: string): boolean {
  return rooms.some((room) => path.startsWith(room));
}

function layerOf(path: string): string {
  return path.split("/")[0]!;
}
