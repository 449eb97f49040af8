/** The options of the subcommands of `dlq`. @module */
import { flag, rate } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions as byAndWhy } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";
import { stoppedFilterOptions as filterOptions } from "../../store/stopped_filter.ts";

/** What an act on dead letters takes. */
const actOptions = {
  ...byAndWhy,
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
