/** The options of `processors rewind`. @module */
import { z } from "zod";
import { flag, text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

/** A moment of the store's clock, as an ISO time, or a position. */
export type RewindTarget = { readonly time: string } | { readonly position: number };

const target = z.string().transform((given, context): RewindTarget => {
  if (/^[1-9]\d{0,15}$/.test(given)) return { position: Number(given) };
  const { success, data } = z.iso.datetime({ offset: true }).safeParse(given);
  if (success) return { time: data };
  context.addIssue({
    code: "custom",
    message: "must be a position such as 1200, or a time such as 2026-01-31T00:00:00Z",
  });
  return z.NEVER;
});

export const rewindOptions = {
  to: {
    schema: target.optional(),
    value: "TIME|POSITION",
    help: "hand out again what was recorded at this time or later, or at this position or after it",
  },
  "dry-run": {
    schema: flag,
    help: "change nothing: show what would be new, and what would come out otherwise",
  },
  policy: {
    schema: text.optional(),
    value: "FILE",
    help:
      "the policy of the nodes (start --policy), by whose mandates --dry-run decides; default: without one",
  },
  ...actOptions,
  ...outputOptions,
  ...backendOptions,
} as const;

export type RewindValues = Values<typeof rewindOptions>;
