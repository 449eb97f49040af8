/** The options of the subcommands of `parked`, and what they choose. @module */
import { flag } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";
import { stoppedFilterOf, stoppedFilterOptions } from "../../store/stopped_filter.ts";

export const parkedOptions = { ...stoppedFilterOptions, ...outputOptions, ...backendOptions } as const;
export const retryOptions = {
  ...stoppedFilterOptions,
  ...actOptions,
  "dry-run": { schema: flag, help: "only say what would be done" },
  ...outputOptions,
  ...backendOptions,
} as const;

export type ParkedValues = Values<typeof parkedOptions>;
export type RetryValues = Values<typeof retryOptions>;

/** Which parked deliveries. Throws UsageError. */
export function filterOf(values: ParkedValues, positional: readonly string[] = []) {
  return stoppedFilterOf(values, positional, "parked list");
}
