/** The program behind `deno task simtest`. @module */
import { runCommand } from "./cli/command.ts";
import { describeExit, exitCodes } from "./cli/exit_codes.ts";
import { processOutput } from "./cli/terminal.ts";
import { simtest } from "./commands/simtest.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(simtest, args, processOutput);
  } catch (error) {
    const { code, text } = describeExit(error);
    if (code !== exitCodes.ok) processOutput.err(code === exitCodes.usage ? `${text} (see --help)` : text);
    return code;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
