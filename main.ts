/**
 * Zaakstroom. The guardian of a node is a process of its own, and the node waits for it: so nothing beyond the guardian
 * is loaded before it is known that more is needed.
 * @module
 */
import type { Output } from "./console/cli/command.ts";
import { guardNode, needsGuardian } from "./console/node/guarded_start.ts";

/** Runs a command line; returns the exit code. */
export async function main(args: readonly string[], output: Output): Promise<number> {
  const { runCommandLine } = await import("./console/command_line.ts");
  return await runCommandLine(args, output);
}

async function runProgram(): Promise<number> {
  // The node itself reports what is wrong with its options.
  if (needsGuardian(Deno.args)) return await guardNode(Deno.args);
  const { processOutput } = await import("./console/cli/terminal.ts");
  return await main(Deno.args, processOutput);
}

if (import.meta.main) Deno.exit(await runProgram());
