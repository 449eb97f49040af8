/** A node on a terminal that closes, or whose npx or `deno task` is killed: it stops in order. @module */
import { assertEquals } from "@std/assert";
import { ignoresHangup } from "../../../console/node/launcher.ts";
import { cleanEnv, programArgs } from "../../support/program.ts";
import { serverProcessId } from "../../../backends/postgres/embedded/embedded.ts";
import { TestDirectory, waitUntilGone } from "../../support/servers/embedded_processes.ts";
import { Transcript } from "../../support/transcript.ts";

/** `script` of util-linux makes the terminal. */
const ignore = Deno.build.os !== "linux" || !await hasScript();

async function hasScript(): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", "command -v script"], stdout: "null" })
    .output();
  return success;
}

/** Shell lines on a terminal of their own. */
class Terminal implements AsyncDisposable {
  readonly screen: Transcript;
  readonly #process: Deno.ChildProcess;

  constructor(lines: string, env: Record<string, string>) {
    this.#process = new Deno.Command("script", {
      args: ["-qefc", lines, "/dev/null"],
      env: cleanEnv({ ...env, SHELL: "/bin/sh" }),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.screen = new Transcript(this.#process.stdout);
  }

  async close(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.screen.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close().catch(() => {});
    await this.#process.stdin.abort().catch(() => {});
  }
}

function nodeOn({ dataDir }: TestDirectory): string {
  const args = programArgs(["start", "--data-dir", dataDir, "--port", "0", "--workers", "1"]);
  return [Deno.execPath(), ...args].map((word) => `'${word}'`).join(" ");
}

Deno.test({
  name: "a node whose terminal closes stops in order, and its PostgreSQL with it",
  ignore,
  async fn() {
    await using place = await TestDirectory.make();
    await using terminal = new Terminal(nodeOn(place), {});
    await terminal.screen.waitForLine(/^See http/);
    const database = await serverProcessId(place.dataDir);
    await terminal.close();
    await waitUntilGone(database!);
    assertEquals(await serverProcessId(place.dataDir), undefined);
  },
});

for (
  const [launcher, env, lines] of [
    ["deno task", {}, (node: string) => `sh -c 'echo launcher $$; "$@"; true' sh ${node}; sleep 100`],
    [
      "npx",
      { npm_command: "exec" },
      (node: string) =>
        `sh -c 'echo launcher $$; sh -c "\\"\\$@\\"; true" sh "$@"; true' sh ${node}; sleep 100`,
    ],
  ] as const
) {
  Deno.test({
    name: `a node that ${launcher} started on a terminal stops in order when that is killed`,
    ignore,
    async fn() {
      await using place = await TestDirectory.make();
      await using terminal = new Terminal(lines(nodeOn(place)), { INIT_CWD: "/", ...env });
      const pid = /launcher (\d+)/.exec(await terminal.screen.waitForLine(/^launcher/))![1];
      await terminal.screen.waitForLine(/^See http/);
      const database = await serverProcessId(place.dataDir);
      Deno.kill(Number(pid), "SIGKILL");
      await terminal.screen.waitForLine(/^Stopped in/);
      await waitUntilGone(database!);
    },
  });
}

Deno.test({
  name: "a program started with hang-ups ignored, as by nohup, knows it",
  ignore,
  async fn() {
    assertEquals(await ignoresHangup(), false);
    const launcher = new URL("../../../console/node/launcher.ts", import.meta.url);
    const code = `import { ignoresHangup } from "${launcher}"; console.log(await ignoresHangup());`;
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `trap "" HUP; exec "$0" eval --quiet --no-check '${code}'`, Deno.execPath()],
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), "true");
  },
});
