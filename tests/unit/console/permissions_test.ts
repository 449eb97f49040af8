import { assertEquals } from "@std/assert";
import { commands } from "../../../console/commands/all.ts";
import { needless } from "../../../console/permissions.ts";

const url = "postgres://host/database";

Deno.test("a command gives up what it needs none of: all of it, or what only a server of this machine needs", () => {
  const given: Record<string, readonly [path: string, values: object, needless: readonly string[]]> = {
    "what is in the program": ["rules list", {}, ["run", "write", "net", "ffi", "import"]],
    "a file of it": ["rules export", {}, ["run", "net", "ffi", "import"]],
    "the file of tokens": ["token create", {}, ["run", "net", "ffi", "import"]],
    "a node's console": ["console link", {}, ["run", "write", "ffi", "import"]],
    "a node's health": ["health", {}, ["run", "write", "ffi", "import"]],
    "a server": ["cases list", { url }, ["run", "write", "ffi", "import"]],
    "the log of a server": ["audit verify", { url }, ["run", "write", "ffi", "import"]],
    "grants of a server": ["producers allow", { url }, ["run", "write", "ffi", "import"]],
    "a node on a server": ["start", { url }, ["run", "ffi", "import"]],
    "a report on a server": ["what-if", { url }, ["run", "ffi", "import"]],
    "a server of this machine": ["cases list", {}, []],
    "a node with one": ["start", {}, []],
  };
  for (const [what, [path, values, expected]] of Object.entries(given)) {
    assertEquals(needless(path, values), expected, what);
  }
});

Deno.test("every command but those that start programs or servers of their own gives something up", () => {
  const keeping = ["simulate", "workflow", "load", "compare", "backup", "chaos", "selftest"];
  const all = commands.map(({ name }) => name);
  assertEquals(all.filter((name) => needless(name, { url }).length === 0), keeping);
});

/** The permissions of `deno.json`, and the tasks that use them. */
interface Configuration {
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
  readonly permissions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

Deno.test("a task is run with no permission that none of its uses needs", async () => {
  const file = new URL("../../../deno.json", import.meta.url);
  const { tasks, permissions }: Configuration = JSON.parse(await Deno.readTextFile(file));
  for (const [task, { command }] of Object.entries(tasks)) {
    const [, set, name] = /--permission-set=(\w+) main\.ts (\S+)/.exec(command) ?? [];
    if (set === undefined) continue;
    const uses = [name!, ...name === "rules" ? ["rules export"] : []].map((path) => needless(path, {}));
    const inNone = ["run", "write", "net"].filter((each) => uses.every((use) => use.includes(each as never)));
    const granted = inNone.filter((each) => permissions[set]![each] !== undefined);
    assertEquals(granted, [], `${task} is run with ${set}`);
  }
});
