/** The options of `selftest`, as the command declares them and the run reads them. @module */
import { duration } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions, workersOption } from "../../store/options.ts";

export const selftestOptions = {
  backend: backendOptions.backend,
  url: {
    ...backendOptions.url,
    backends: ["postgres"],
    help: "PostgreSQL server to use, in a database made for it; default: embedded",
  },
  workers: workersOption,
  within: { schema: duration.default(60_000), value: "TIME", help: "fail after this long; default 60s" },
  ...outputOptions,
} as const;

export type SelftestValues = Values<typeof selftestOptions>;
