/** The options of the subcommands of `processors`. @module */
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

export const listProcessorsOptions = { ...outputOptions, ...backendOptions } as const;
export const pauseOptions = { ...actOptions, ...listProcessorsOptions } as const;

export type ListProcessorsValues = Values<typeof listProcessorsOptions>;
export type PauseValues = Values<typeof pauseOptions>;
