/** The options of the subcommands of `cases`. @module */
import { decisions } from "../../../schema/event_fields.ts";
import { z } from "zod";
import { flag, oneOf, text, timestamp } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions, actorOptions } from "../../store/identity.ts";
import { backendOptions, limitOption } from "../../store/options.ts";

export const listOptions = {
  latest: { schema: text.optional(), value: "TYPE", help: "only cases whose latest event is of this type" },
  limit: limitOption,
  ...outputOptions,
  ...backendOptions,
} as const;

/** A version of a case, or a moment. */
const moment = z.string().transform((text, context) => {
  if (/^[1-9]\d{0,8}$/.test(text)) return { version: Number(text) };
  const time = timestamp.safeParse(text);
  if (time.success) return { time: Date.parse(time.data) };
  context.addIssue({
    code: "custom",
    message: "must be a version such as 3, or a time such as 2026-01-01T09:00:00Z",
  });
  return z.NEVER;
});

export const showOptions = {
  at: {
    schema: moment.optional(),
    value: "VERSION|TIME",
    help: "the case as it was at this version, or recorded by this time",
  },
  personal: { schema: flag, help: "show personal data as it is stored; needs --reason, which is kept" },
  ...actOptions,
  ...outputOptions,
  ...backendOptions,
} as const;

export const reviewOptions = { limit: limitOption, ...outputOptions, ...backendOptions } as const;

export const decideOptions = {
  decision: { schema: oneOf(decisions).optional(), value: "NAME", help: decisions.join(", ") },
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the citizen and for who asks later" },
  ...actorOptions,
  "next-steps": { schema: text.optional(), value: "TEXT", help: "what follows, separated by ;" },
  source: { schema: text.optional(), value: "TEXT", help: "a ground besides those of the review" },
  ...outputOptions,
  ...backendOptions,
} as const;

export const approveOptions = {
  ...actorOptions,
  reason: { schema: text.optional(), value: "TEXT", help: "why; default: the reason of the proposal" },
  ...outputOptions,
  ...backendOptions,
} as const;

export type ApproveCaseValues = Values<typeof approveOptions>;
export type DecideCaseValues = Values<typeof decideOptions>;
export type ListCasesValues = Values<typeof listOptions>;
export type ShowCaseValues = Values<typeof showOptions>;
export type ReviewCasesValues = Values<typeof reviewOptions>;
