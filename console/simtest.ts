/** The program behind `deno task simtest`. @module */
import { reportError } from "./cli/exit_codes.ts";
import { runCommand } from "./cli/run_command.ts";
import { processOutput } from "./cli/terminal.ts";
import { simtest } from "./commands/simtest.ts";

async function main(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(simtest, args, processOutput);
  } catch (error) {
    return reportError(error, processOutput, {
      json: args.includes("--json"),
      help: "deno task simtest --help",
    });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
