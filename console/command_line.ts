/** The command line: finds the command, runs it, and turns what went wrong into one line and an exit code. @module */
import { suggest } from "./cli/suggest.ts";
import { type Command, type Output, runCommand } from "./cli/command.ts";
import { describeExit, exitCodes, UsageError } from "./cli/exit_codes.ts";

/** Runs a command line; returns the exit code. */
export async function runCommandLine(args: readonly string[], output: Output): Promise<number> {
  const [name, ...rest] = args;
  let known = "";
  try {
    if (name === undefined || name === "--help" || name === "-h" || name === "help") {
      return await printHelp(output);
    }
    const command = await find(name);
    known = ` ${name}`;
    return await runCommand(command, rest, output);
  } catch (error) {
    const { code, text } = describeExit(error);
    if (code === exitCodes.ok) return code;
    output.err(code === exitCodes.usage ? `${text} (see zaakstroom${known} --help)` : text);
    return code;
  }
}

async function find(name: string): Promise<Command> {
  // Both load only their own modules: `start` to be ready sooner, `simtest` because it runs without any permission.
  if (name === "start") return (await import("./commands/start.ts")).start;
  if (name === "simtest") return (await import("./commands/simtest.ts")).simtest;
  const commands = await all();
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Unknown command ${name}: ${suggest(name, commands.map((command) => command.name))}`,
  );
}

async function all(): Promise<readonly Command[]> {
  return (await import("./commands/all.ts")).commands;
}

async function printHelp(output: Output): Promise<number> {
  const commands = await all();
  const width = Math.max(...commands.map(({ name }) => name.length));
  output.out("Zaakstroom: durable, supervised case processing on PostgreSQL or NATS JetStream");
  output.out("\nUsage: zaakstroom COMMAND [options]\n\nCommands:");
  for (const { name, summary } of commands) output.out(`  ${name.padEnd(width)}  ${summary}`);
  output.out("\nzaakstroom COMMAND --help says more of each");
  return exitCodes.ok;
}
