/** The command line: finds the command, runs it, and turns what went wrong into one line and an exit code. @module */
import type { Command, Output } from "./cli/command.ts";
import { exitCodes, reportError, UsageError } from "./cli/exit_codes.ts";
import { printableOutput } from "./cli/output.ts";
import { type BeforeRun, type Invocation, runCommand } from "./cli/run_command.ts";
import { suggest } from "./cli/suggest.ts";

/** Runs a command line; returns the exit code. */
export async function runCommandLine(
  args: readonly string[],
  target: Output,
  beforeRun?: BeforeRun,
): Promise<number> {
  const output = printableOutput(target);
  const invocation: Invocation = { path: "", json: asksForJson(args) };
  try {
    return await run(args, output, invocation, beforeRun);
  } catch (error) {
    const help = ["zaakstroom", invocation.path, "--help"].filter((word) => word !== "").join(" ");
    return reportError(error, output, { json: invocation.json, help });
  }
}

const JSON_FLAGS = ["--json", "--output=json", "--output=ndjson"];

/** True when a flag asks for JSON: known also where the rest of the line is wrong. */
export function asksForJson(args: readonly string[]): boolean {
  return args.some((arg, i) => JSON_FLAGS.includes(arg === "--output" ? `--output=${args[i + 1]}` : arg));
}

async function run(
  args: readonly string[],
  output: Output,
  invocation: Invocation,
  beforeRun: BeforeRun | undefined,
): Promise<number> {
  const [name = "--help", ...rest] = args;
  if (name === "help") return await explain(rest, output);
  if (name === "--help" || name === "-h") return await explain([], output);
  const command = await find(name === "--version" || name === "-V" ? "version" : name);
  return await runCommand(command, rest, output, { invocation, commands: loadAll, beforeRun });
}

async function find(name: string): Promise<Command> {
  // Both load only their own modules: `start` to be ready sooner, `simtest` because it runs without any permission.
  if (name === "start") return (await import("./commands/start.ts")).start;
  if (name === "simtest") return (await import("./commands/simtest.ts")).simtest;
  if (name === "version") return (await import("./commands/version.ts")).version;
  const commands = await loadAll();
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Unknown command ${name}: ${suggest(name, commands.map((command) => command.name))}`,
  );
}

async function loadAll(): Promise<readonly Command[]> {
  return (await import("./commands/all.ts")).commands;
}

async function explain([name, ...rest]: readonly string[], output: Output): Promise<number> {
  const { helpTopics, printHelp, renderOverview } = await import("./cli/help.ts");
  const topic = helpTopics.find((topic) => topic.name === name);
  if (topic !== undefined) printHelp(topic.render(), output);
  else if (name === undefined) printHelp(renderOverview(await loadAll()), output);
  else return await runCommand(await find(name), [...rest, "--help"], output);
  return exitCodes.ok;
}
