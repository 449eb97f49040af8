import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TestDirectory } from "../../support/servers/embedded_processes.ts";
import { startPostgres } from "../../support/servers/postgres_server.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A runtime to compile with is asked for by name: to download one would make the tests depend on the network. */
const ignore = (Deno.env.get("DENORT_BIN") ?? "") === "";
const why = ignore ? " (NOT TESTED: DENORT_BIN names no runtime to compile with)" : "";

/** A Deno of the version of DENORT_BIN. */
const compiler = Deno.env.get("COMPILING_DENO") || Deno.execPath();

interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs a program as somebody would who has nothing set up. */
async function run(program: string, ...args: string[]): Promise<Ran> {
  const command = new Deno.Command(program, { args, cwd: root, stdin: "null", env: { DATABASE_URL: "" } });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function compile(place: TestDirectory, ...options: string[]): Promise<string> {
  const program = join(place.root, "zaakstroom");
  const { code, err } = await run(compiler, "task", "--quiet", "compile", "--output", program, ...options);
  assertEquals(code, 0, err);
  return program;
}

/** The last line of what it printed, as JSON, of a run that ended well. */
function answer({ code, out, err }: Ran) {
  assertEquals(code, 0, err);
  return JSON.parse(out.trim().split("\n").at(-1)!);
}

const flow = ["start", "--count", "200", "--until-idle", "--json", "--port", "0"];

Deno.test({
  name: `the compiled program needs nothing: it tests itself, runs cases, and stops at Ctrl-C${why}`,
  ignore,
  async fn(t) {
    await using place = await TestDirectory.make();
    const program = await compile(place);
    await t.step("it says what it can do", async () => {
      assertStringIncludes((await run(program, "--help")).out, "selftest");
    });
    await t.step("it says its version, and that it is compiled", async () => {
      const { code, out } = await run(program, "--version");
      assertEquals([code, /^zaakstroom \S+ \(Deno .*, compiled\)\n$/.test(out)], [0, true], out);
    });
    await t.step("its selftest boots the workers and the database inside it", async () => {
      const { ok, findings } = answer(await run(program, "selftest", "--workers", "2", "--json"));
      assert(ok);
      const found = findings.join("\n");
      for (const part of ["compiled", "2 workers on", "embedded", "→ case.decision"]) {
        assertStringIncludes(found, part);
      }
    });
    await t.step("it starts itself under its guardian, and the ledger balances", async () => {
      const { ledger } = answer(await run(program, ...flow, "--data-dir", place.dataDir));
      assertEquals([ledger.accepted, ledger.balanced], [200, true]);
    });
    await t.step("it strikes nodes of its own with faults", async () => {
      const scenario = ["chaos", "--backend", "postgres", "--scenario", "guardian_kill", "--duration", "3s"];
      const { code, out, err } = await run(program, ...scenario);
      assertEquals(code, 0, out + err);
      assertStringIncludes(out, "Passed: 1 run");
    });
    await t.step("Ctrl-C stops it in order", () => stopsInOrder(program, place.dataDir));
  },
});

async function stopsInOrder(program: string, dataDir: string): Promise<void> {
  const args = ["start", "--port", "0", "--data-dir", dataDir];
  const stdio = { stdin: "null", stdout: "null", stderr: "piped" } as const;
  const child = new Deno.Command(program, { args, ...stdio, env: { DATABASE_URL: "" } }).spawn();
  let reported = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    if (!reported.includes("runs on") && (reported + text).includes("runs on")) child.kill("SIGINT");
    reported += text;
  }
  assertEquals((await child.status).code, 0, reported);
}

Deno.test({
  name: `the slim program says that it needs a server, and runs on one${why}`,
  ignore,
  async fn(t) {
    await using place = await TestDirectory.make();
    const program = await compile(place, "--slim");
    await t.step("without a server it ends with one line", async () => {
      const { code, err } = await run(program, ...flow, "--data-dir", place.dataDir);
      assertEquals(code, 5);
      assertStringIncludes(err, "This program was made without PostgreSQL");
      assertEquals(err.trim().split("\n").length, 1, err);
    });
    await t.step("with one, cases run and the selftest leaves nothing there", async () => {
      await using server = await startPostgres({ fsync: false });
      const { ledger } = answer(await run(program, ...flow, "--url", await server.freshDatabase()));
      assertEquals([ledger.accepted, ledger.balanced], [200, true]);
      assert(answer(await run(program, "selftest", "--json", "--url", server.url)).ok);
    });
  },
});
