/** Zaakstroom's command line: finds the command, runs it, and turns what went wrong into one line and an exit code. @module */
import { type Command, type Output, runCommand } from "./console/command.ts";
import { commands } from "./console/commands/all.ts";
import { exitCodes, explain, UsageError } from "./console/exit_codes.ts";
import { didYouMean } from "./console/did_you_mean.ts";
import { processOutput } from "./console/terminal.ts";

/** Runs a command line; returns the exit code. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") return help(output);
    return await runCommand(find(name), rest, output);
  } catch (error) {
    const { code, text } = explain(error);
    if (code === exitCodes.ok) return code;
    const known = commands.some((command) => command.name === name) ? ` ${name}` : "";
    output.err(code === exitCodes.usage ? `${text} (see zaakstroom${known} --help)` : text);
    return code;
  }
}

function find(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Unknown command ${name}: ${didYouMean(name, commands.map((command) => command.name))}`,
  );
}

function help(output: Output): number {
  const width = Math.max(...commands.map(({ name }) => name.length));
  output.out(
    "Zaakstroom: durable, supervised case processing on PostgreSQL or NATS JetStream or NATS JetStream",
  );
  output.out("\nUsage: zaakstroom COMMAND [options]\n\nCommands:");
  for (const { name, summary } of commands) output.out(`  ${name.padEnd(width)}  ${summary}`);
  output.out("\nzaakstroom COMMAND --help says more of each");
  return exitCodes.ok;
}

if (import.meta.main) Deno.exit(await main(Deno.args, processOutput));
