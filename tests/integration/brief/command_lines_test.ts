/** The command lines of the brief, one by one: each has its counterpart here, byte for byte from its first option on, and it runs. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dirname } from "node:path";
import { commandLines, optionsOf } from "../../support/brief/blocks.ts";
import { type Counterpart, counterparts } from "../../support/brief/counterparts.ts";
import { cleanEnv } from "../../support/program.ts";
import { findNatsServer } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const ROOT = new URL("../../../", import.meta.url);
const LONG = Deno.env.has("ZAAKSTROOM_LONG");

/** The command line of a counterpart; none where the brief's is needless. */
function lineOf(counterpart: Counterpart): string | undefined {
  if ("needless" in counterpart) return undefined;
  if ("run" in counterpart) return counterpart.run;
  return "long" in counterpart ? counterpart.long : counterpart.line;
}

Deno.test("every command line of the brief has its counterpart, and no counterpart is of another", () => {
  assertEquals(commandLines.filter((line) => counterparts[line] === undefined), []);
  assertEquals(Object.keys(counterparts).filter((line) => !commandLines.includes(line)), []);
  assert(commandLines.length >= 20, "the brief is read whole");
});

Deno.test("whoever knows a command of the brief gives the same options here, byte for byte", () => {
  for (const [line, all] of Object.entries(counterparts)) {
    if (!/simulators\/|^deno /.test(line)) continue;
    for (const counterpart of all) assertEquals(optionsOf(lineOf(counterpart)!), optionsOf(line), line);
  }
});

Deno.test("what another test shows is shown there", async () => {
  for (const counterpart of Object.values(counterparts).flat()) {
    if (!("shownBy" in counterpart)) continue;
    assertStringIncludes(
      await Deno.readTextFile(new URL(counterpart.shownBy, ROOT)),
      counterpart.says,
      counterpart.line,
    );
  }
});

/** A data directory of the brief's reader, with a nats-server on the path. */
class Reader implements AsyncDisposable {
  private constructor(readonly directory: string, readonly env: Record<string, string>) {}

  static async come(): Promise<Reader> {
    const directory = await Deno.makeTempDir({ prefix: "zaakstroom-brief-" });
    await Deno.chmod(directory, 0o711); // as root the database runs as another user, who must pass
    const nats = dirname(await findNatsServer());
    const PATH = [dirname(Deno.execPath()), ...nats === "." ? [] : [nats], Deno.env.get("PATH")].join(":");
    return new Reader(directory, cleanEnv({ PATH, ZAAKSTROOM_DATA_DIR: `${directory}/data` }));
  }

  async type(line: string) {
    const [program, ...args] = line.split(" ");
    const { code, stdout, stderr } = await new Deno.Command(program!, {
      args,
      cwd: ROOT,
      env: this.env,
      clearEnv: true,
      stdin: "null",
    }).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** What is typed in this run. */
const typed = Object.values(counterparts).flat().flatMap((each) =>
  "run" in each
    ? [[each.run, each.prints] as const]
    : "long" in each && LONG
    ? [[each.long, each.prints] as const]
    : []
);

natsTest("the command lines of the brief run as they are written", async () => {
  await using reader = await Reader.come();
  for (const [line, prints] of new Map(typed)) {
    const { code, out, err } = await reader.type(line);
    assertMatch(out, prints, `${line}: ${err}`);
    assert(code === 0 || code === 1 && / load /.test(line), `${line}: ${code} ${err}`);
  }
});
