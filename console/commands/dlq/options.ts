/** The options of the subcommands of `dlq`. @module */
import { flag, rate, text, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actorOptions } from "../../store/identity.ts";
import { backendOptions, limitOption } from "../../store/options.ts";

/** Which dead letters. */
const filterOptions = {
  processor: { schema: text.optional(), value: "NAME", help: "only of this processor" },
  case: { schema: text.optional(), value: "ID", help: "only of this case" },
  limit: {
    ...limitOption,
    schema: wholeNumber(1, 10_000).default(100),
    help: "touch at most this many; default 100",
  },
} as const;

/** What an act on dead letters takes. */
const actOptions = {
  ...actorOptions,
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail; needed" },
  "dry-run": { schema: flag, help: "only say what would be done" },
} as const;

const shared = { ...outputOptions, ...backendOptions } as const;

export const deadLetterOptions = { ...filterOptions, ...shared } as const;
export const discardOptions = { ...filterOptions, ...actOptions, ...shared } as const;
export const redriveOptions = {
  ...filterOptions,
  ...actOptions,
  "show-outputs": {
    schema: flag,
    help: "with --dry-run: try it in a worker, and show what it would emit",
  },
  rate: {
    schema: rate.optional(),
    value: "RATE",
    help: "this many at a time, e.g. 10/sec; default: all at once",
  },
  ...shared,
} as const;

export type DeadLetterListValues = Values<typeof deadLetterOptions>;
export type DiscardValues = Values<typeof discardOptions>;
export type RedriveValues = Values<typeof redriveOptions>;
