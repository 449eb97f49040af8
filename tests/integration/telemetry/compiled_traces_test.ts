/** Traces of the compiled program: Deno decides when it compiles whether a program exports any. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanEnv } from "../../support/program.ts";
import { OtlpReceiver } from "../../support/servers/otlp_receiver.ts";

/** A runtime to compile with is asked for by name: to download one would make the tests depend on the network. */
const ignore = (Deno.env.get("DENORT_BIN") ?? "") === "";
const why = ignore ? " (NOT TESTED: DENORT_BIN names no runtime to compile with)" : "";

/** A Deno of the version of DENORT_BIN. */
const compiler = Deno.env.get("COMPILING_DENO") || Deno.execPath();

async function run(program: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const { code, stderr } = await new Deno.Command(program, { args: [...args], cwd, env }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

Deno.test({
  name: `a program compiled with OTEL_DENO exports its traces, those of its workers too${why}`,
  ignore,
  async fn() {
    await using receiver = new OtlpReceiver();
    const folder = await Deno.makeTempDir();
    try {
      const program = join(folder, "zaakstroom");
      await run(compiler, ["task", "--quiet", "compile:slim", "--output", program], { OTEL_DENO: "true" });
      const store = ["--backend", "memory", "--partitions", "1"];
      const start = ["start", ...store, "--count", "40", "--until-idle", "--json", "--port", "0"];
      const { OTEL_DENO: _, ...env } = receiver.env();
      await run(program, start, cleanEnv(env));
      const passes = receiver.named("process intake").filter(({ parentSpanId }) => parentSpanId === "");
      assert(passes.length > 0 && passes.length < receiver.named("process intake").length);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
