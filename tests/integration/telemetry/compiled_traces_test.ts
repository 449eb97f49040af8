/** Traces of the compiled program, which asks its environment when it starts, as a program run from source does. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program, run } from "../../support/program.ts";
import { OtlpReceiver } from "../../support/servers/otlp_receiver.ts";

/** A runtime to compile with is asked for by name: to download one would make the tests depend on the network. */
const ignore = (Deno.env.get("DENORT_BIN") ?? "") === "";
const why = ignore ? " (NOT TESTED: DENORT_BIN names no runtime to compile with)" : "";

/** A Deno of the version of DENORT_BIN. */
const compiler = Deno.env.get("COMPILING_DENO") || Deno.execPath();
const START = ["start", "--backend", "memory", "--partitions", "1", "--json", "--port", "0"];

async function compile(output: string): Promise<void> {
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const args = ["task", "--quiet", "compile:slim", "--output", output];
  const { code, stderr } = await new Deno.Command(compiler, { args, cwd }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

async function runCases(compiled: string, env: Record<string, string>): Promise<void> {
  const { code, err } = await run([...START, "--count", "40", "--until-idle"], { compiled, env });
  assertEquals(code, 0, err);
}

/** Starts a node, asks it something over HTTP, and stops it in order. */
async function runWithRequest(compiled: string, env: Record<string, string>): Promise<void> {
  await using node = Program.start(START, { compiled, env });
  const response = await fetch(`${await node.serving()}live`);
  assertEquals(response.status, 200, await response.text());
  node.signal("SIGTERM");
  const { code, err } = await node.ended();
  assertEquals(code, 0, err);
}

Deno.test({
  name:
    `the compiled program exports traces where OTEL_DENO asks for it, and nothing where it does not${why}`,
  ignore,
  async fn(t) {
    await using receiver = new OtlpReceiver();
    const folder = await Deno.makeTempDir();
    const env = receiver.env();
    try {
      const program = join(folder, "zaakstroom");
      await compile(program);
      await t.step("not asked, it sends nothing, of its HTTP requests neither", async () => {
        const { OTEL_DENO: _, ...silent } = env;
        await runWithRequest(program, silent);
        await runCases(program, { ...env, OTEL_SDK_DISABLED: "true" });
        assertEquals(receiver.paths, []);
      });
      await t.step("asked, it sends the spans of passes, and those of its workers", async () => {
        await runCases(program, env);
        assert(receiver.named("process pass").length > 0 && receiver.named("process intake").length > 0);
        assertEquals(new Set(receiver.paths), new Set(["/v1/traces"]));
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
