/** `cases`: the list of cases, the history of one, and the decision of a caseworker. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { type DecideCaseValues, decideOptions, listOptions, reviewOptions, showOptions } from "./options.ts";

const list = command({
  name: "list",
  summary: "Lists cases, those that changed last first",
  options: listOptions,
  examples: [
    ["zaakstroom cases list --limit 5", "the five that changed last"],
    ["zaakstroom cases list --latest case.intake", "those that nothing was done with yet"],
  ],
  run: async ({ values }: Parsed<typeof listOptions>, output) =>
    await (await import("./run.ts")).listCases(values, output),
});

const show = command({
  name: "show",
  summary: "Shows the events of a case and the acts on it, in order of time",
  arguments: "ID",
  options: showOptions,
  examples: [
    ["zaakstroom cases show 123", "the history of case 123"],
    ["zaakstroom cases show 123 --at 3", "the case as it was at its third event"],
  ],
  exits: { [exitCodes.notFound]: "no such case, or not yet at that moment" },
  async run({ values, positional }: Parsed<typeof showOptions>, output) {
    const caseId = caseIdOf("show", positional);
    return await (await import("./run.ts")).showCase(caseId, values, output);
  },
});

const review = command({
  name: "review",
  summary: "Lists the cases that wait for a caseworker, with the reasons",
  options: reviewOptions,
  run: async ({ values }: Parsed<typeof reviewOptions>, output) =>
    await (await import("./run.ts")).listWaiting(values, output),
});

const decide = command({
  name: "decide",
  summary: "Appends a caseworker's decision of a case",
  arguments: "ID",
  options: decideOptions,
  notes: "Nothing is stored where the case changed meanwhile.",
  examples: [
    [
      "zaakstroom cases decide 123 --decision payment_plan --reason 'Fits the budget' --as j.jansen",
      "stores it",
    ],
  ],
  exits: { [exitCodes.notFound]: "no such case, or changed meanwhile" },
  async run({ values, positional }: Parsed<typeof decideOptions>, output) {
    const caseId = caseIdOf("decide", positional);
    requireDecision(values);
    return await (await import("./run.ts")).decide(caseId, values, output);
  },
});

/** `cases`: what a caseworker does. */
export const cases = commandGroup({
  name: "cases",
  summary: "Lists cases, shows the history of one, and lets a caseworker decide",
  subcommands: [list, show, review, decide],
});

function caseIdOf(name: string, [caseId, ...more]: readonly string[]): string {
  if (caseId === undefined || more.length > 0) throw new UsageError(`cases ${name} takes one ID`);
  return caseId;
}

function requireDecision(values: DecideCaseValues): void {
  for (const name of ["decision", "reason", "as"] as const) {
    if (values[name] === undefined) throw new UsageError(`cases decide needs --${name}`);
  }
}
