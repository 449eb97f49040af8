/** The options of `status`. @module */
import { flag } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

export const storeStatusOptions = {
  watch: { schema: flag, help: "shows it again every two seconds, until Ctrl-C" },
  ...outputOptions,
  ...backendOptions,
} as const;

export type StoreStatusValues = Values<typeof storeStatusOptions>;
