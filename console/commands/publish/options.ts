/** The options of `publish`, as the command declares them and the run reads them. @module */
import { flag, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { eventNamesOptions } from "../../store/event_names.ts";
import { proofOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

export const publishOptions = {
  ...backendOptions,
  strict: {
    schema: flag,
    help:
      "refuse a BSN that fails the eleven-test and a case_id that passes it, which are otherwise marked; and a CloudEvent outside the NL GOV profile",
  },
  batch: {
    schema: wholeNumber(1, 10_000).default(1_000),
    value: "N",
    help: "events stored together; default 1000",
  },
  ...proofOptions,
  "dry-run": { schema: flag, help: "only validate" },
  ...eventNamesOptions,
  ...outputOptions,
} as const;

export type PublishValues = Values<typeof publishOptions>;
