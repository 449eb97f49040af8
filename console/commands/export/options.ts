/** The options of `export`. @module */
import { projections, selections } from "../../../actors/application.ts";
import { flag, oneOf, text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { actorOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

const models = [...projections, ...selections].map(({ name }) => name) as [string, ...string[]];

export const exportOptions = {
  model: {
    schema: oneOf(models).optional(),
    value: "NAME",
    help: `the read model: ${models.join(", ")}; needed`,
  },
  output: {
    schema: oneOf(["ndjson", "csv"]).default("ndjson"),
    value: "FORMAT",
    help: "ndjson (an object a line) or csv; default ndjson",
  },
  personal: {
    schema: flag,
    help: "with the citizen_bsn of each case, and case ids as they are; needs --reason, which is kept",
  },
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail" },
  ...actorOptions,
  ...backendOptions,
} as const;

export type ExportValues = Values<typeof exportOptions>;
