/** `rules`: the figures and tables that decisions rest on: which hold on a day, and which must be looked up anew. @module */
import { join } from "node:path";
import { z } from "zod";
import {
  demonstrationMandate,
  figuresFile,
  figuresOn,
  policyFile,
  type RegisteredFigure,
  tableFile,
  tableNames,
  writtenMandate,
} from "../../actors/application.ts";
import { text, wholeNumber } from "../../schema/settings.ts";
import { command, commandGroup, type Output } from "../cli/command.ts";
import { exitCodes, UsageError } from "../cli/exit_codes.ts";
import type { Parsed, Values } from "../cli/options.ts";
import { readPolicy } from "../node/policy_file.ts";
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

const exported = command({
  name: "export",
  summary: "Writes policy, figures and tables as JSON, to be changed and tried by what-if",
  arguments: "DIR",
  options: {},
  examples: [["zaakstroom rules export candidate", "a directory for what-if --rules candidate"]],
  async run({ positional: [directory, ...more] }, output) {
    if (directory === undefined || more.length > 0) throw new UsageError("rules export takes one DIR");
    const written = await writeRules(directory);
    output.out(`Wrote ${written.join(", ")} to ${directory}`);
    return exitCodes.ok;
  },
});

/** What is there is somebody's work, and is left alone. */
async function writeRules(directory: string): Promise<string[]> {
  const tables = tableNames.map((name) => [`${name}.json`, tableFile(name)] as const);
  const files = new Map<string, unknown>([
    ["policy.json", policyFile()],
    ["figures.json", figuresFile()],
    ...tables,
  ]);
  try {
    await Deno.mkdir(directory, { recursive: true });
    for (const [name, value] of files) {
      await Deno.writeTextFile(join(directory, name), `${JSON.stringify(value, null, 2)}\n`, {
        createNew: true,
      });
    }
  } catch (error) {
    const reason = error instanceof Deno.errors.AlreadyExists
      ? "there is such a file already"
      : (error as Error).name;
    throw new UsageError(`Cannot write to ${directory}: ${reason}`);
  }
  return [...files.keys()];
}

const mandateOptions = {
  policy: {
    schema: text.optional(),
    value: "FILE",
    help: "the policy of the nodes (start --policy); default: without one",
  },
  ...outputOptions,
} as const;

const mandates = command({
  name: "mandates",
  summary:
    "Lists the mandates of the system: what it decides alone that is adverse or final, by whom and since when",
  options: mandateOptions,
  examples: [["zaakstroom rules mandates --policy policy.json", "what nodes with this policy decide alone"]],
  async run({ values }: Parsed<typeof mandateOptions>, output) {
    const given = values.policy === undefined ? [] : (await readPolicy(values.policy)).mandates;
    const rows = [
      ...given.map((mandate) => ({ ...writtenMandate(mandate), cases: "ordinary" })),
      { ...writtenMandate(demonstrationMandate), cases: "generated" },
    ];
    printResult(
      output,
      values,
      listResult("mandates", rows, { columns: mandateColumns, empty: "There are none" }),
    );
    return exitCodes.ok;
  },
});

const mandateColumns = ["name", "cases", "decisions", "up_to", "given_by", "since"];

/** `rules`: works without a store. */
export const rules = commandGroup({
  name: "rules",
  summary: "What decisions rest on: figures of law and tables, with validity, certainty and source",
  subcommands: [due, list, mandates, exported],
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
