/**
 * The package as a program in another folder uses it. That program consists of the examples in the docstrings of our
 * exports, and its deno.json links to ours.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanEnv, type ProgramResult } from "../../support/program.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { name, version, exports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));

/** What it takes to import the package by its path, without a registry. */
const config = {
  nodeModulesDir: "none",
  unstable: ["worker-options"],
  links: [root],
  imports: { [name]: `jsr:${name}@^${version}` },
};

/** The example of an export: the name of its file, from its first line, and its text. */
async function exampleOf(path: string): Promise<readonly [file: string, text: string]> {
  const source = await Deno.readTextFile(join(root, path));
  const text = source.match(/^ \* ```ts\n(.*?)^ \* ```$/ms)![1]!.replaceAll(/^ \* ?/gm, "");
  return [text.match(/^\/\/ (\S+)\n/)![1]!, text];
}

class OtherFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** A temporary folder with the examples. Versions of dependencies are those of our lock file. */
  static async create(): Promise<OtherFolder> {
    const folder = new OtherFolder(await Deno.makeTempDir());
    await Deno.copyFile(join(root, "deno.lock"), join(folder.path, "deno.lock"));
    await folder.write("deno.json", JSON.stringify(config));
    const examples = await Promise.all(Object.values<string>(exports).map(exampleOf));
    for (const [file, text] of examples) await folder.write(file, text);
    return folder;
  }

  write(file: string, text: string): Promise<void> {
    return Deno.writeTextFile(join(this.path, file), text);
  }

  async deno(...args: string[]): Promise<ProgramResult> {
    const options = { args, cwd: this.path, clearEnv: true, env: cleanEnv() };
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), options).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, out: out!, err: err! };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("a program in another folder runs a processor of its own, in a worker of its own, and publishes to it", async () => {
  await using folder = await OtherFolder.create();
  const { code, out, err } = await folder.deno("run", "--quiet", "--no-prompt", "-A", "main.ts");
  assertEquals({ code, out, err }, {
    code: 0,
    out: "1 case.payment_missed\n2 case.payment_missed\n3 case.review_requested\n",
    err: "",
  });
});

Deno.test("of the examples of all exports the type check finds fault with one, in which a field is misspelt", async () => {
  await using folder = await OtherFolder.create();
  const register = await Deno.readTextFile(join(folder.path, "register.ts"));
  await folder.write("misspelt.ts", register.replace("debt_type:", "dept_type:"));
  const { code, err } = await folder.deno("check", "--quiet", ".");
  assertEquals({ code, errors: err.match(/TS\d+ \[ERROR\]/g)?.length }, { code: 1, errors: 1 }, err);
  assertMatch(err, /misspelt\.ts:/);
  assertMatch(err, /'dept_type' does not exist|did you mean to write 'debt_type'/);
});

Deno.test("the example that publishes to PostgreSQL is loaded without a server: it connects at its first event", async () => {
  await using folder = await OtherFolder.create();
  const { code, err } = await folder.deno("run", "--quiet", "--no-prompt", "-A", "register.ts");
  assertEquals({ code, err }, { code: 0, err: "" });
});
