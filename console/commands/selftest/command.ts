/** `selftest`: proves on this machine that everything a node needs is there and works. @module */
import { duration } from "../../../schema/settings.ts";
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { backendOptions, workersOption } from "../../store/options.ts";

const selftestOptions = {
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

type SelftestCall = Parsed<typeof selftestOptions>;
export type SelftestValues = SelftestCall["values"];

export const selftest = command({
  name: "selftest",
  summary: "Boots everything, takes one case through, and leaves nothing behind",
  options: selftestOptions,
  exits: { [exitCodes.ok]: "everything works", [exitCodes.failed]: "something does not, named in one line" },
  async run({ values }: SelftestCall, output) {
    if (values.url !== undefined && values.backend !== "postgres") {
      throw new UsageError(`Cannot use --url with --backend ${values.backend}: the selftest starts its own`);
    }
    return await (await import("./run.ts")).runSelftest(values, output);
  },
});
