/** The options of the subcommands of `producers`. @module */
import { flag, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions as byAndWhy } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

export const listProducersOptions = { ...outputOptions, ...backendOptions } as const;

const actOptions = {
  ...byAndWhy,
  ...listProducersOptions,
} as const;

export const allowOptions = {
  "on-behalf-of": { schema: flag, help: "may act under the name of somebody else, recorded beside its own" },
  rate: { schema: wholeNumber(1, 1_000_000).optional(), value: "N", help: "events a minute at most" },
  ...actOptions,
} as const;

export const denyOptions = {
  "on-behalf-of": { schema: flag, help: "may no longer act under the name of somebody else" },
  ...actOptions,
} as const;

export const forgetOptions = actOptions;

export type ListProducersValues = Values<typeof listProducersOptions>;
export type AllowValues = Values<typeof allowOptions>;
export type DenyValues = Values<typeof denyOptions>;
export type ForgetValues = Values<typeof forgetOptions>;
