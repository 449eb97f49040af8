/** The options of the subcommands of `audit`. @module */
import { text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

export const verifyOptions = {
  heads: {
    schema: text.optional(),
    value: "FILE",
    help: "what an earlier `audit verify --json` printed, kept elsewhere: its blocks must still be there",
  },
  ...outputOptions,
  ...backendOptions,
} as const;

export type VerifyValues = Values<typeof verifyOptions>;
