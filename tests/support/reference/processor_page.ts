/** The page of processors, from the application that is hosted. @module */
import { processors } from "../../../actors/application.ts";
import { code, page, table } from "./markdown.ts";

export function processorPage(): string {
  return page("Processors", "`actors/application.ts`", [
    "In the order of a case's life. A type that is taken is handled; one that is folded only builds the state of the case.",
    table(
      ["Processor", "Version", "Takes", "Folds"],
      processors.map(({ name, version, takes, folds }) => [
        code(name),
        String(version),
        takes.map(code).join(", "),
        folds.map(code).join(", "),
      ]),
    ),
  ]);
}
