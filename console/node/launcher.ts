/** What started this program: whether it asked for hang-ups to be ignored, and whether it is still there. @module */

/** True when hang-ups are ignored, as under `nohup`: a child inherits that, so one that hangs itself up survives. */
export async function ignoresHangup(): Promise<boolean> {
  try {
    const { signal } = await new Deno.Command("sh", { args: ["-c", "kill -HUP $$"], stdin: "null" }).output();
    return signal === null;
  } catch {
    return false;
  }
}

/**
 * Tells whether npx or `deno task`, which started this program on a terminal, is gone. They wait for it, so their end is
 * never meant to leave it behind, and a SIGTERM to npx is not passed on. undefined where neither started it.
 */
export function watchLauncher(): (() => Promise<boolean>) | undefined {
  const isOnTerminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
  if (!isOnTerminal || !Deno.env.has("INIT_CWD")) return undefined;
  const parent = Deno.ppid;
  // Below npx there is a `deno task` more.
  const isBelowNpx = Deno.env.get("npm_command") === "exec";
  const above = isBelowNpx ? parentOf(parent) : undefined;
  return async () => Deno.ppid !== parent || (isBelowNpx && await parentOf(parent) !== await above);
}

/** The parent of a process; undefined where that is not known. */
async function parentOf(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "ppid=", "-p", `${pid}`], stdin: "null" })
      .output();
    return new TextDecoder().decode(stdout).trim();
  } catch {
    return undefined;
  }
}
