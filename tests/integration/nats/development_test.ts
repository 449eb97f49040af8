/** The nats-server that the commands start themselves: one owner, found by others, and gone with its last user. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { isAlive, waitUntilGone } from "../../support/servers/embedded_processes.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { findNatsServer } from "../../support/servers/nats_server.ts";
import { assertRefused, Program, run } from "../../support/program.ts";

/** A data directory, and what it takes to use it. */
class Place implements AsyncDisposable {
  private constructor(readonly directory: string, readonly env: Record<string, string>) {}

  static async make(env?: Record<string, string>): Promise<Place> {
    const directory = await Deno.makeTempDir({ prefix: "zaakstroom-dev-" });
    return new Place(directory, env ?? { NATS_SERVER: await findNatsServer() });
  }

  get flags(): string[] {
    return ["--backend", "nats", "--data-dir", this.directory];
  }

  start(...args: string[]): Program {
    const { env } = this;
    return Program.start(["start", ...this.flags, "--json", "--port", "0", ...args], { env, asNode: true });
  }

  run(...args: string[]) {
    return run([...args, ...this.flags], { env: this.env });
  }

  /** The process id of the server, which it keeps in its file when it is gone. */
  async pid(): Promise<number> {
    return Number(await Deno.readTextFile(`${this.directory}/nats/server.pid`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = await this.pid().catch(() => undefined);
    if (pid !== undefined && await isAlive(pid)) Deno.kill(pid, "SIGKILL");
    await Deno.remove(this.directory, { recursive: true });
  }
}

natsTest(
  "a node starts a server of its own, others join it, a second node is refused, and the last to go ends it",
  async () => {
    await using place = await Place.make();
    await using node = place.start();
    await node.serving();
    assertMatch(node.err.text, /sync_interval: always/);
    const [other, listed] = await Promise.all([
      place.run("start", "--json", "--port", "0"),
      place.run("cases", "list"),
    ]);
    assertEquals([listed.code, listed.out.trim()], [0, "No cases"], listed.err);
    assertEquals(other.code, exitCodes.inUse);
    assertMatch(other.err, /is in use by the node of process \d+/);
    const secrets = await Deno.readTextFile(`${place.directory}/nats/server.json`);
    assert(!node.err.text.includes(JSON.parse(secrets).token), "The token is told to nobody");
    node.signal("SIGTERM");
    assertEquals((await node.ended()).code, 0);
    assert(!await isAlive(await place.pid()), "The server ended with its node");
  },
);

natsTest("a server that is killed under a node is started again, and the ledger balances", async () => {
  await using place = await Place.make();
  await using node = place.start("--count", "100", "--until-idle");
  await node.serving();
  const pid = await place.pid();
  Deno.kill(pid, "SIGKILL");
  await waitUntilGone(pid);
  const { code, out, err } = await node.ended();
  assertEquals(code, 0, err);
  const { accepted, ledger } = JSON.parse(out);
  assertEquals([accepted, ledger.balanced], [100, true]);
  assert(await place.pid() !== pid);
});

natsTest("a server whose node was killed is found by the next command, which ends it", async () => {
  await using place = await Place.make();
  await using node = place.start();
  await node.serving();
  const pid = await place.pid();
  await node.kill9();
  assert(await isAlive(pid), "The server outlives a node that is killed");
  assertEquals((await place.run("cases", "list")).out.trim(), "No cases");
  assert(!await isAlive(pid));
  assertEquals(await place.pid(), pid);
});

Deno.test("where there is no nats-server the message says how to install one", async () => {
  await using place = await Place.make({});
  const env = { NATS_SERVER: "/nowhere/nats-server" };
  const refused = await run(["cases", "list", ...place.flags], { env });
  assertRefused(
    refused,
    exitCodes.unusable,
    /^Cannot start a NATS server: .*Install one: .*or give --url nats:/,
  );
  const without = await run(["cases", "list", ...place.flags], { env: { PATH: "/nowhere" } });
  assertRefused(without, exitCodes.unusable, /there is no nats-server on the PATH/);
});
