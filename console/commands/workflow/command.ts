/** `workflow`: the workflows of the application: their charts, and what they would do over a real history. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { checkOptions, listWorkflowsOptions } from "./options.ts";

const list = command({
  name: "list",
  summary: "Lists the workflows with their version, states and moves",
  options: listWorkflowsOptions,
  run: async ({ values }: Parsed<typeof listWorkflowsOptions>, output) =>
    (await import("./run.ts")).listWorkflows(values, output),
});

const chart = command({
  name: "chart",
  summary: "Prints the chart of a workflow as Mermaid text",
  arguments: "NAME",
  options: {},
  exits: { [exitCodes.notFound]: "there is no such workflow" },
  run: async ({ positional }: Parsed<Record<never, never>>, output) =>
    (await import("./run.ts")).printChart(oneName("chart", positional), output),
});

const check = command({
  name: "check",
  summary: "Checks a workflow, and what it would do with every event that a store holds",
  arguments: "NAME",
  options: checkOptions,
  notes: [
    "With --against every delivery of the history is handled once more, and what would come of it is compared with what was",
    "stored: a delivery differs where a new version would say something else, throws, or was not handled yet. Nothing is",
    "stored. What stands in an event is never printed.",
  ].join("\n"),
  examples: [
    [
      "zaakstroom workflow check follow_up --against postgresql://localhost/schulden",
      "before a new version goes live",
    ],
  ],
  exits: {
    [exitCodes.ok]: "everything that was stored would come again",
    [exitCodes.failed]: "a delivery differs",
    [exitCodes.notFound]: "there is no such workflow",
  },
  run: async ({ values, positional }: Parsed<typeof checkOptions>, output) =>
    await (await import("./run.ts")).checkWorkflow(oneName("check", positional), values, output),
});

export const workflow = commandGroup({
  name: "workflow",
  summary: "Workflows: prints their charts, and checks them against a real history",
  subcommands: [list, chart, check],
});

function oneName(verb: string, [name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) throw new UsageError(`workflow ${verb} takes one NAME`);
  return name;
}
