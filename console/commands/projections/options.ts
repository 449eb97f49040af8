/** The options of the subcommands of `projections`. @module */
import { flag } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

export const statusOptions = { ...outputOptions, ...backendOptions } as const;

export const rebuildOptions = {
  back: { schema: flag, help: "build nothing: read again what was read before the last switch" },
  ...outputOptions,
  ...backendOptions,
} as const;

export const dropOptions = {
  unread: { schema: flag, help: "only what is not read: a build under way, and the one kept to go back to" },
  ...outputOptions,
  ...backendOptions,
} as const;

export type ProjectionStatusValues = Values<typeof statusOptions>;
export type RebuildValues = Values<typeof rebuildOptions>;
export type DropProjectionValues = Values<typeof dropOptions>;
