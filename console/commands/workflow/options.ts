/** The options of the subcommands of `workflow`. @module */
import { text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions } from "../../store/options.ts";

/** The store is that of --against. */
const { backend: _backend, url: _url, ...storeOptions } = backendOptions;

export const listWorkflowsOptions = outputOptions;

export const checkOptions = {
  against: {
    schema: text.optional(),
    value: "STORE",
    help:
      "a server, postgres:// or nats://, or postgres or nats for the one of its own; default: the definition alone",
  },
  ...outputOptions,
  ...storeOptions,
} as const;

export type ListWorkflowsValues = Values<typeof listWorkflowsOptions>;
export type CheckValues = Values<typeof checkOptions>;
