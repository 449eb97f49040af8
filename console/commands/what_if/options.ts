/** The options of `what-if`. @module */
import { z } from "zod";
import { flag, text, timestamp } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions, workersOption } from "../../store/options.ts";

/** A share of all cases, such as `10%`. */
const percentage = z.string().transform((given, context) => {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(given);
  const share = match === null ? 0 : Number(match[1]) / 100;
  if (share > 0 && share <= 1) return share;
  context.addIssue({ code: "custom", message: "must be a share such as 10%, above 0% and at most 100%" });
  return z.NEVER;
});

export const whatIfOptions = {
  policy: {
    schema: text.optional(),
    value: "FILE",
    help: "try this policy: bounds as JSON, see rules export",
  },
  mandates: {
    schema: text.optional(),
    value: "FILE",
    help: "the policy of the nodes (start --policy), under whose mandates history was decided; default none",
  },
  rules: {
    schema: text.optional(),
    value: "DIR",
    help: "try the tables and figures of this directory, see rules export",
  },
  model: { schema: text.optional(), value: "FILE", help: "try this model: its weights as JSON" },
  whole: {
    schema: flag,
    help: "whole cases: from its first difference on a case is played by simulated citizens",
  },
  from: { schema: timestamp.optional(), value: "TIME", help: "cases that came in at this time or later" },
  to: { schema: timestamp.optional(), value: "TIME", help: "cases that came in at this time or before" },
  sample: {
    schema: percentage.default(1),
    value: "SHARE",
    help: "only this share of the cases, e.g. 10%; default all",
  },
  seed: {
    schema: text.default("what-if"),
    value: "TEXT",
    help: "of the simulated citizens; default what-if",
  },
  report: {
    schema: text.optional(),
    value: "DIR",
    help: "write what-if.md, what-if.html and what-if.json there",
  },
  state: {
    schema: text.optional(),
    value: "DIR",
    help: "where it keeps how far it is, to go on after Ctrl-C; default: in the platform's data directory",
  },
  workers: workersOption,
  ...outputOptions,
  ...backendOptions,
} as const;

export type WhatIfValues = Values<typeof whatIfOptions>;
