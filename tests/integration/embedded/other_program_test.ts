/** A program in another folder that uses the runtime as a library, as docs/how-to/run_in_a_program.md says. @module */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/** The blocks of a page, in order, by their language. */
function blocksIn(page: string, language: string): readonly string[] {
  return [...page.matchAll(new RegExp("^```" + language + "\n([^]*?)^```", "gm"))].map(([, text]) => text!);
}

Deno.test("a program in another folder hosts a processor of its own, as the page says", async () => {
  const page = await Deno.readTextFile(new URL("docs/how-to/run_in_a_program.md", ROOT));
  const [config, [processor, worker, main]] = [blocksIn(page, "json")[0]!, blocksIn(page, "ts")];
  const folder = await Deno.makeTempDir();
  try {
    const here = config.replace("../zaakstroom", fileURLToPath(ROOT));
    const files = { "deno.json": here, "arrears.ts": processor!, "worker.ts": worker!, "main.ts": main! };
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", "--no-lock", "main.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    });
    const { stdout, stderr } = await command.output();
    const [said, expected] = [new TextDecoder().decode(stdout), blocksIn(page, "text")[0]];
    assertEquals(said, expected, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
