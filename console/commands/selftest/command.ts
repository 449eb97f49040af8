/** `selftest`: proves on this machine that everything a node needs is there and works. @module */
import { command } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { selftestOptions } from "./options.ts";

export const selftest = command({
  name: "selftest",
  summary: "Boots everything, takes one case through, and leaves nothing behind",
  options: selftestOptions,
  exits: { [exitCodes.ok]: "everything works", [exitCodes.failed]: "something does not, named in one line" },
  async run({ values }: Parsed<typeof selftestOptions>, output) {
    if (values.url !== undefined && values.backend !== "postgres") {
      throw new UsageError(`Cannot use --url with --backend ${values.backend}: the selftest starts its own`);
    }
    return await (await import("./run.ts")).runSelftest(values, output);
  },
});
