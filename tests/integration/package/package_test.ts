/**
 * The package as a program in another folder uses it. The program, its deno.json included, consists of the examples in
 * the docstrings of our exports.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanEnv, type ProgramResult } from "../../support/program.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const { exports } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));

/** The example in a docstring, in this language. */
async function exampleOf(path: string, language: "ts" | "json"): Promise<string> {
  const source = await Deno.readTextFile(join(root, path));
  const [, example] = source.match(new RegExp(`^ \\* \`\`\`${language}\\n(.*?)^ \\* \`\`\`$`, "ms"))!;
  return example!.replaceAll(/^ \* ?/gm, "");
}

class OtherFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** A temporary folder with the examples. Versions of dependencies are those of our lock file. */
  static async create(): Promise<OtherFolder> {
    const folder = new OtherFolder(await Deno.makeTempDir());
    await Deno.copyFile(join(root, "deno.lock"), join(folder.path, "deno.lock"));
    const config = await exampleOf(exports["./runtime"], "json");
    await folder.write("deno.json", config.replace("../zaakstroom", root));
    for (const path of Object.values<string>(exports)) {
      const example = await exampleOf(path, "ts");
      // Its first line names the file.
      await folder.write(example.match(/^\/\/ (\S+)\n/)![1]!, example);
    }
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
