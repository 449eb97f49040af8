/** Colour where a person watches, and nowhere else. @module */
import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const color = new URL("../../../../console/cli/color.ts", import.meta.url).href;
const program = `import { painterFor } from ${JSON.stringify(color)};
console.log(JSON.stringify([true, false].map((terminal) => painterFor(terminal)("red", "x"))));`;

/** What is painted on a terminal and in a pipe, in this environment; the variables are read when Deno starts. */
async function painted(env: Record<string, string>, ...permissions: string[]): Promise<string[]> {
  const cwd = fileURLToPath(new URL("../../../..", import.meta.url));
  const args = [
    "run",
    "--quiet",
    "--no-check",
    "--no-prompt",
    ...permissions,
    `data:text/typescript,${encodeURIComponent(program)}`,
  ];
  const { PATH, HOME, DENO_DIR } = Deno.env.toObject();
  const kept = Object.fromEntries(
    Object.entries({ PATH, HOME, DENO_DIR }).filter(([, value]) => value !== undefined),
  );
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    clearEnv: true,
    env: { ...kept as Record<string, string>, ...env },
  });
  const { stdout, stderr } = await command.output();
  const text = new TextDecoder().decode(stdout);
  return text === "" ? [new TextDecoder().decode(stderr)] : JSON.parse(text);
}

const RED = "\x1b[31mx\x1b[39m";

Deno.test("text is coloured on a terminal only, never with NO_COLOR, and in a pipe with FORCE_COLOR", async () => {
  const access = ["--allow-env=FORCE_COLOR", "--allow-read", "--allow-import"];
  assertEquals(await painted({}, ...access), [RED, "x"]);
  assertEquals(await painted({ NO_COLOR: "1" }, ...access), ["x", "x"]);
  assertEquals(await painted({ FORCE_COLOR: "1" }, ...access), [RED, RED]);
});

Deno.test("a program without access to the environment has colour on a terminal all the same", async () => {
  assertEquals(await painted({}, "--allow-read", "--allow-import"), [RED, "x"]);
});
