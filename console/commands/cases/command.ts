/** `cases`: the list of cases, the history of one, and the decision of a caseworker. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { requireActReason } from "../../store/named_act.ts";
import type { Parsed } from "../../cli/options.ts";
import {
  approveOptions,
  type DecideCaseValues,
  decideOptions,
  listOptions,
  reviewOptions,
  showOptions,
} from "./options.ts";

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
    [
      "zaakstroom cases show 123 --personal --reason 'letter came back'",
      "with the address, kept in the trail",
    ],
  ],
  exits: { [exitCodes.notFound]: "no such case, or not yet at that moment" },
  async run({ values, positional }: Parsed<typeof showOptions>, output) {
    const caseId = caseIdOf("show", positional);
    if (values.personal) requireActReason("cases show --personal", values);
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

const decideExits = { [exitCodes.notFound]: "no such case, or changed meanwhile" };

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
  exits: decideExits,
  async run({ values, positional }: Parsed<typeof decideOptions>, output) {
    const caseId = caseIdOf("decide", positional);
    requireDecision("decide", values);
    return await (await import("./run.ts")).decide(caseId, values, output);
  },
});

const propose = command({
  name: "propose",
  summary: "Appends what a caseworker proposes, for a second one to approve",
  arguments: "ID",
  options: decideOptions,
  notes: "Forgiving a claim above the bound needs two persons, whoever asks.",
  examples: [
    [
      "zaakstroom cases propose 123 --decision forgive --reason 'No means' --as j.jansen",
      "stores the proposal",
    ],
  ],
  exits: decideExits,
  async run({ values, positional }: Parsed<typeof decideOptions>, output) {
    const caseId = caseIdOf("propose", positional);
    requireDecision("propose", values);
    return await (await import("./run.ts")).propose(caseId, values, output);
  },
});

const approve = command({
  name: "approve",
  summary: "Appends the decision that another caseworker proposed",
  arguments: "ID",
  options: approveOptions,
  notes: "Who proposed it may not approve it.",
  examples: [["zaakstroom cases approve 123 --as p.bakker", "decides what was proposed"]],
  exits: decideExits,
  run: async ({ values, positional }: Parsed<typeof approveOptions>, output) =>
    await (await import("./run.ts")).approve(caseIdOf("approve", positional), values, output),
});

/** `cases`: what a caseworker does. */
export const cases = commandGroup({
  name: "cases",
  summary: "Lists cases, shows the history of one, and lets caseworkers propose, approve and decide",
  subcommands: [list, show, review, propose, approve, decide],
});

function caseIdOf(name: string, [caseId, ...more]: readonly string[]): string {
  if (caseId === undefined || more.length > 0) throw new UsageError(`cases ${name} takes one ID`);
  return caseId;
}

function requireDecision(verb: string, values: DecideCaseValues): void {
  for (const name of ["decision", "reason"] as const) {
    if (values[name] === undefined) throw new UsageError(`cases ${verb} needs --${name}`);
  }
}
