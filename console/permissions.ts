/**
 * What a command gives up before it begins. The permissions of a program must be enough for each of its commands: a server of
 * this machine is started, and its files are written. Whoever names a server does neither, and some touch nothing at all.
 * @module
 */

/** Commands that read what is in the program. */
const TOUCHES_NOTHING = ["rules", "version", "completion"];
/** Those of them that write files. */
const WRITES_ONLY = ["rules export"];
/** Commands of a server that is there; without its address they may have to start one of this machine. */
const USES_A_SERVER = ["cases", "publish", "dlq", "inbox", "projections", "events", "audit", "setup"];

type Permission = "run" | "write" | "net" | "ffi" | "import";

/** What the command at this path needs none of. */
export function needless(path: string, { url }: { readonly url?: unknown }): readonly Permission[] {
  const [name = ""] = path.split(" ");
  if (WRITES_ONLY.includes(path)) return ["run", "ffi", "import", "net"];
  if (TOUCHES_NOTHING.includes(name)) return ["run", "write", "ffi", "import", "net"];
  if (name === "health" || (USES_A_SERVER.includes(name) && url !== undefined)) {
    return ["run", "write", "ffi", "import"];
  }
  return [];
}

/** Gives it up for good: nothing that this process loads later gets it back. */
export function dropNeedless(path: string, values: { readonly url?: unknown }): void {
  for (const name of needless(path, values)) Deno.permissions.revokeSync({ name });
}
