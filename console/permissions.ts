/**
 * What a command gives up before it begins. The permissions of a program must be enough for each of its commands: a server of
 * this machine is started, and its files are written. Whoever names a server does neither, and some touch nothing at all. What a
 * command is run with by `deno task` is as narrow as its widest use: see `deno.json`.
 * @module
 */

/** What commands differ in; nobody needs `ffi` or `import`. */
type Needed = "run" | "write" | "net";
type Permission = Needed | "ffi" | "import";

const EVERYTHING: readonly Needed[] = ["run", "write", "net"];

/** What a command needs where it is given a server; another that is not named here, everything. */
const WITH_A_SERVER: Readonly<Record<string, readonly Needed[]>> = {
  // The node itself: its guardian has started it, and starts nothing else.
  start: ["write", "net"],
  publish: ["net"],
  cases: ["net"],
  events: ["net"],
  dlq: ["net"],
  parked: ["net"],
  processors: ["net"],
  nodes: ["net"],
  export: ["net"],
  // Their targets may be files.
  relay: ["write", "net"],
  cdc: ["write", "net"],
  inbox: ["net"],
  producers: ["net"],
  projections: ["net"],
  audit: ["net"],
  setup: ["net"],
  status: ["net"],
  // A report, and how far it has come.
  "what-if": ["write", "net"],
  // It asks `df` for the room on a disk.
  doctor: ["run", "net"],
};

/** What a command needs that never starts a server: by its path, or else by its first word. */
const WITHOUT_ONE: Readonly<Record<string, readonly Needed[]>> = {
  "rules export": ["write"],
  rules: [],
  types: [],
  config: [],
  completion: [],
  version: [],
  simtest: [],
  token: ["write"],
  console: ["net"],
  health: ["net"],
  mirror: ["net"],
};

/** What a command is given that decides it: a server, and a file for its read models. */
interface Given {
  readonly url?: unknown;
  readonly "models-file"?: unknown;
}

/** What the command at this path needs none of. */
export function needless(path: string, values: Given): readonly Permission[] {
  const { url, "models-file": models } = values;
  const [name = ""] = path.split(" ");
  const needed = WITHOUT_ONE[path] ?? WITHOUT_ONE[name] ??
    (url === undefined ? undefined : WITH_A_SERVER[name]);
  if (needed === undefined) return [];
  const isNeeded = (permission: Needed) =>
    needed.includes(permission) || (permission === "write" && models !== undefined);
  return [...EVERYTHING.filter((permission) => !isNeeded(permission)), "ffi", "import"];
}

/** Gives it up for good: nothing that this process loads later gets it back. */
export function dropNeedless(path: string, values: Given): void {
  for (const name of needless(path, values)) Deno.permissions.revokeSync({ name });
}
