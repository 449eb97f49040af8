/**
 * The program. It loads only the guardian up front: the guardian starts the node as a child process, so every extra
 * import delays the node's start.
 * @module
 */
import { codeForGuardian, GUARDED, guardNode, needsGuardian } from "./console/node/guarded_start.ts";
import { switchTraceExport } from "./console/node/trace_export.ts";

/** Runs a command line on the streams of this process; returns the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  switchTraceExport();
  // A compiled program has one entry: `chaos` starts its nodes through it.
  if (Deno.build.standalone && args[0] === "chaos-node") {
    return await (await import("./console/commands/chaos/node_entry.ts")).runChaosNode(args[1] ?? "");
  }
  // The node itself reports wrong options: the guardian doesn't read them.
  if (needsGuardian(args)) return await guardNode(args);
  const { processOutput } = await import("./console/cli/terminal.ts");
  const { asksForJson, runCommandLine } = await import("./console/command_line.ts");
  const { exitOnCrash } = await import("./console/cli/crash.ts");
  const { dropNeedless } = await import("./console/permissions.ts");
  exitOnCrash(processOutput, asksForJson(args));
  const code = await runCommandLine(args, processOutput, dropNeedless);
  // Commands that have no guardian need not be allowed to read the environment.
  return args[0] === "start" && Deno.env.get(GUARDED) !== undefined ? codeForGuardian(code) : code;
}

if (import.meta.main) Deno.exit(await runProgram(Deno.args));
