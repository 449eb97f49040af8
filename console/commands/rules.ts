/** `rules`: the figures and tables that decisions rest on: which hold on a day, and which must be looked up anew. @module */
import { z } from "zod";
import { figuresOn, type RegisteredFigure } from "../../actors/application.ts";
import { wholeNumber } from "../../schema/settings.ts";
import { command, commandGroup, type Output } from "../cli/command.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { listResult, outputOptions, printResult } from "../cli/output.ts";

const DEFAULT_WITHIN = 90;

const onDay = {
  on: {
    schema: z.iso.date({ error: "must be a day such as 2026-01-31" }).optional(),
    value: "DAY",
    help: "the day they are looked up for; default today",
  },
  ...outputOptions,
} as const;

const dueOptions = {
  within: {
    schema: wholeNumber(0, 3_660).default(DEFAULT_WITHIN),
    value: "DAYS",
    help: `what ends within so many days is due as well; default ${DEFAULT_WITHIN}`,
  },
  ...onDay,
} as const;

const columns = ["id", "status", "from", "until", "certainty", "then", "source"];

const due = command({
  name: "due",
  summary: "Lists the figures and tables that have expired, or will soon",
  options: dueOptions,
  examples: [["zaakstroom rules due --within 30", "what must be looked up this month"]],
  run({ values }: Parsed<typeof dueOptions>, output) {
    const rows = figuresOn(dayOf(values), values.within)
      .filter(({ status, certainty }) => status !== "holds" || certainty === "unverified");
    return print(rows, "Nothing is due", values, output);
  },
});

const list = command({
  name: "list",
  summary: "Lists every figure and table with its validity, certainty and source",
  options: onDay,
  examples: [["zaakstroom rules list --on 2023-03-01", "what decided in March 2023"]],
  run: ({ values }: Parsed<typeof onDay>, output) =>
    print(figuresOn(dayOf(values), DEFAULT_WITHIN), "There are none", values, output),
});

/** `rules`: works without a store. */
export const rules = commandGroup({
  name: "rules",
  summary: "What decisions rest on: figures of law and tables, with validity, certainty and source",
  subcommands: [due, list],
});

function dayOf({ on }: Values<typeof onDay>): string {
  return on ?? new Date().toISOString().slice(0, 10);
}

function print(
  rows: readonly RegisteredFigure[],
  empty: string,
  values: Values<typeof outputOptions>,
  output: Output,
): Promise<number> {
  printResult(output, values, listResult("figures", rows, { columns, empty }));
  return Promise.resolve(exitCodes.ok);
}
