/**
 * The program. It loads only the guardian up front: the guardian starts the node as a child process, so every extra
 * import delays the node's start.
 * @module
 */
import { guardNode, needsGuardian } from "./console/node/guarded_start.ts";

/** Runs a command line on the streams of this process; returns the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  // The node itself reports wrong options: the guardian doesn't read them.
  if (needsGuardian(args)) return await guardNode(args);
  const { processOutput } = await import("./console/cli/terminal.ts");
  const { runCommandLine } = await import("./console/command_line.ts");
  return await runCommandLine(args, processOutput);
}

if (import.meta.main) Deno.exit(await runProgram(Deno.args));
