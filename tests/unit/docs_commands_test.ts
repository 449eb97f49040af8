/** Every command line of this program in a page names a task, a command and options that there are. @module */
import { assertEquals } from "@std/assert";
import { commands } from "../../console/commands/all.ts";
import { allOptions, findSubcommand } from "../../console/cli/command.ts";
import config from "../../deno.json" with { type: "json" };

const ROOT = new URL("../../", import.meta.url);
const PAGES = ["README.md", "CONTRIBUTING.md", ...await pagesIn("docs/")];

async function pagesIn(folder: string): Promise<readonly string[]> {
  const found = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  const pages = found.filter(({ name }) => name.endsWith(".md")).map(({ name }) => `${folder}${name}`);
  const folders = found.filter(({ isDirectory }) => isDirectory).map(({ name }) => `${folder}${name}/`);
  return [...pages, ...(await Promise.all(folders.map(pagesIn))).flat()];
}

/** The lines of shell in a page, those that go on with a backslash joined, without comments. */
function shellLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```sh\n([^]*?)^ *```/gm)].map(([, block]) => block!);
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, " ").split("\n"));
  return lines.map((line) => line.replace(/(^|\s)#.*$/, "").trim());
}

/** The words after `zaakstroom` or `deno task`, of each time that one of them is called in a line. */
function callsIn(line: string): readonly { readonly isTask: boolean; readonly words: readonly string[] }[] {
  const called = line.matchAll(
    /(?:^|[\s(;|&'])(deno task|(?:dist)?\/?zaakstroom(?:-slim)?)(?= )([^|;&'>]*)/g,
  );
  return [...called].map(([, program, rest]) => ({
    isTask: program === "deno task",
    words: rest!.trim().split(/\s+/),
  }));
}

/** Programs whose arguments may name ours as something else: a container, a namespace, a file. */
const OTHERS = /^(sudo )?(docker|kubectl|kustomize|systemctl|useradd|install)\b/;

/** What is wrong with a line; nothing for one that does not call this program. */
function mistakesIn(line: string): readonly string[] {
  const inside = line.indexOf(" /zaakstroom ");
  const ours = !OTHERS.test(line) ? line : inside < 0 ? "" : line.slice(inside);
  return callsIn(ours).flatMap(({ isTask, words }) =>
    isTask ? mistakesInTask(words) : mistakesInCommand(words)
  )
    .map((mistake) => `${line}: ${mistake}`);
}

const tasks: Readonly<Record<string, { readonly command: string }>> = config.tasks;

function mistakesInTask([name = "", ...rest]: readonly string[]): readonly string[] {
  const task = tasks[name];
  if (task === undefined) return [`there is no task ${name}`];
  const command = /main\.ts ?(.*)$/.exec(task.command);
  return command === null
    ? []
    : mistakesInCommand([...command[1]!.split(" "), ...rest].filter((word) => word !== ""));
}

function mistakesInCommand([name = "", ...args]: readonly string[]): readonly string[] {
  if (name.startsWith("-") || name === "help") return [];
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return [`there is no command ${name}`];
  const { definition } = command.subcommands === undefined
    ? { definition: command }
    : findSubcommand(command, args);
  if (definition.takesAnyArguments) return [];
  const known = ["help", ...Object.keys(allOptions([definition]))];
  const given = args.filter((arg) => arg.startsWith("--") && arg !== "--").map((arg) =>
    arg.slice(2).split("=")[0]!
  );
  return given.filter((option) => !known.includes(option)).map((option) => `${name} has no --${option}`);
}

Deno.test("every command line in a page names a task, a command and options that there are", async () => {
  const lines = await Promise.all(
    PAGES.map(async (page) => shellLines(await Deno.readTextFile(new URL(page, ROOT)))),
  );
  const calls = lines.flat().flatMap(callsIn);
  assertEquals(lines.flat().flatMap(mistakesIn), []);
  // What finds nothing proves nothing.
  assertEquals(calls.length > 50, true, `${calls.length} calls`);
});

Deno.test("a task, a command or an option that is not there is found", () => {
  assertEquals(mistakesIn("deno task strat"), ["deno task strat: there is no task strat"]);
  assertEquals(mistakesIn("zaakstroom start --sed 1"), ["zaakstroom start --sed 1: start has no --sed"]);
  assertEquals(mistakesIn("dist/zaakstroom doktor && ls"), [
    "dist/zaakstroom doktor && ls: there is no command doktor",
  ]);
  assertEquals(mistakesIn("deno task cases show --jsn ID | jq"), [
    "deno task cases show --jsn ID | jq: cases has no --jsn",
  ]);
  const exec = "docker compose exec node-nats /zaakstroom doctor --monitoring x";
  assertEquals(mistakesIn(exec), [`${exec}: doctor has no --monitoring`]);
});
