/** This program, as a command that can be started again. @module */
import { fileURLToPath } from "node:url";

/** How to start this program again, from source or the compiled binary; by default with its own arguments. */
export function selfCommand(
  args: readonly string[] = Deno.args,
): { command: string; args: readonly string[] } {
  if (Deno.build.standalone) return { command: Deno.execPath(), args };
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  // What the guardian imported is in the cache; a worker that tries to import anything else is refused.
  const run = [
    "run",
    "--quiet",
    "--cached-only",
    "--no-prompt",
    "--config",
    config,
    "--permission-set=node",
    main,
  ];
  return { command: Deno.execPath(), args: [...run, ...args] };
}
