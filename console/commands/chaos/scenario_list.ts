/** What `chaos --list` prints. @module */
import { scenarios } from "../../../simulators/chaos/scenarios.ts";
import { faults, testbedFaultNames } from "../../../simulators/faults/all.ts";
import type { Output } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import type { ChaosValues } from "./options.ts";

/** Prints every scenario and every fault with what it does; returns the exit code. */
export function printScenarios(values: ChaosValues, output: Output): number {
  const kinds = testbedFaultNames.map((name) => ({ name, does: faults[name].does }));
  const rows = [
    ...scenarios.map(({ name, about }) => ({ kind: "scenario", name, about })),
    ...kinds.map(({ name, does }) => ({ kind: "fault", name, about: does })),
  ];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const lines = (wanted: string) =>
    rows.filter(({ kind }) => kind === wanted).map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  printResult(output, values, {
    json: toSnakeCase({ scenarios, faults: kinds }) as object,
    rows,
    text: ["Scenarios:", ...lines("scenario"), "", "Faults:", ...lines("fault")].join("\n"),
  });
  return exitCodes.ok;
}
