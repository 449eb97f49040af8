/** The one command on a bare machine, and its end: asked for, forced, or by accident. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { serverProcessId } from "../../../backends/postgres/embedded/embedded.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import {
  canMount,
  Disk,
  isAlive,
  TestDirectory,
  waitUntil,
  waitUntilGone,
} from "../../support/servers/embedded_processes.ts";
import { assertRefused, Program, run } from "../../support/program.ts";

const isRoot = Deno.uid() === 0;
const isLinux = Deno.build.os === "linux";
const linux = { ignore: !isLinux };

/** A node on the embedded PostgreSQL with an endless stream of cases. */
function busyNode(place: TestDirectory, more: { ownGroup?: boolean } = {}): Program {
  const stream = ["--simulate", "200/sec", "--json", "--port", "0", "--node", "one"];
  return Program.start(["start", "--data-dir", place.dataDir, ...stream], more);
}

/** Runs what is left to its end, and answers the account of it. */
async function account(place: TestDirectory): Promise<RunSummary> {
  const rest = ["--count", "50", "--until-idle", "--json", "--port", "0", "--node", "one"];
  const { code, out, err } = await run(["start", "--data-dir", place.dataDir, ...rest]);
  assertEquals(code, 0, err);
  return JSON.parse(out);
}

/** Sends a signal to every process of a group at once, as a terminal does. */
async function signalGroup(pid: number, name: string): Promise<void> {
  const { success } = await new Deno.Command("kill", { args: [`-${name}`, "--", `-${pid}`] }).output();
  assert(success);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} drains: what is in hand is settled, PostgreSQL is stopped, the exit code is 0`, async () => {
    await using place = await TestDirectory.make();
    await using program = busyNode(place);
    await program.serving();
    const database = await serverProcessId(place.dataDir);
    program.signal(signal);
    const { code, err } = await program.ended();
    assertEquals(code, 0, err);
    await waitUntilGone(database!);
    const { ledger } = await account(place);
    assert(ledger.balanced);
  });
}

Deno.test("Ctrl-C reaches the whole process group and counts once", linux, async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place, { ownGroup: true });
  await program.serving();
  const database = await serverProcessId(place.dataDir);
  await signalGroup(program.pid, "INT");
  const { code, err } = await program.ended();
  assertEquals(code, 0, err);
  await waitUntilGone(database!);
});

Deno.test("a second SIGINT ends at once, with 130", linux, async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place);
  await program.serving();
  const [node] = await program.nodes();
  // Stopped, it cannot drain: so the second signal finds it still there.
  Deno.kill(node!, "SIGSTOP");
  program.signal("SIGINT");
  program.signal("SIGTERM");
  program.signal("SIGINT");
  const { code } = await program.ended();
  assertEquals(code, exitCodes.interrupted);
  await waitUntilGone(node!);
});

Deno.test("after a second SIGINT the database has ended with its node", linux, async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place);
  await program.serving();
  program.signal("SIGINT");
  program.signal("SIGINT");
  const { code } = await program.ended();
  // Whether it had drained before the second one was heard is a matter of luck.
  assert(code === exitCodes.interrupted || code === exitCodes.ok, `exit code ${code}`);
  assertEquals(await serverProcessId(place.dataDir), undefined);
});

Deno.test("the guardian starts a node that was killed again, under the same name", linux, async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place);
  await program.serving();
  const [first] = await program.nodes();
  const again = program.err.next(/"event":"started"/);
  Deno.kill(first!, "SIGKILL");
  assertMatch(await program.err.waitForLine(/ended by SIGKILL/), /starting it again/);
  await again;
  const [second] = await program.nodes();
  assert(second !== first);
  program.signal("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("a node whose guardian was killed drains, ends, and stops its PostgreSQL", linux, async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place);
  await program.serving();
  const [[node], database] = [await program.nodes(), await serverProcessId(place.dataDir)];
  program.signal("SIGKILL");
  await waitUntilGone(node!);
  await waitUntilGone(database!);
  assert((await account(place)).ledger.balanced);
});

Deno.test(
  "what guardian and node leave behind when both are killed is adopted, and nothing is lost",
  linux,
  async () => {
    await using place = await TestDirectory.make();
    await using program = busyNode(place);
    await program.serving();
    const [[node], database] = [await program.nodes(), await serverProcessId(place.dataDir)];
    program.signal("SIGKILL");
    Deno.kill(node!, "SIGKILL");
    await waitUntilGone(node!);
    assert(await isAlive(database!), "PostgreSQL outlives its users");
    await using next = busyNode(place);
    await next.serving();
    assertEquals(await serverProcessId(place.dataDir), database);
    next.signal("SIGTERM");
    assertEquals((await next.ended()).code, 0);
    await waitUntilGone(database!);
    assert((await account(place)).ledger.balanced);
  },
);

Deno.test(
  "kill -9 of the embedded PostgreSQL is mended by the node, and no attempt is burned",
  linux,
  async () => {
    await using place = await TestDirectory.make();
    const feed = ["--count", "3000", "--until-idle", "--json", "--port", "0"];
    await using program = Program.start(["start", "--data-dir", place.dataDir, ...feed]);
    await program.serving();
    const database = await serverProcessId(place.dataDir);
    Deno.kill(database!, "SIGKILL");
    const { code, out, err } = await program.ended();
    assertEquals(code, 0, err);
    const { ledger, retried, dead }: RunSummary = JSON.parse(out);
    assertEquals([ledger.balanced, ledger.accepted, retried, dead], [true, 3_000, 0, 0]);
    assertMatch(err, /away/i);
  },
);

/** Every command must refuse such a directory in one line. */
async function refuses(dataDir: string, code: number, reported: RegExp): Promise<void> {
  for (const args of [["start", "--port", "0"], ["cases", "list"]]) {
    assertRefused(await run([...args, "--data-dir", dataDir]), code, reported);
  }
}

Deno.test("a data directory in use by another node is named with the process that has it", async () => {
  await using place = await TestDirectory.make();
  await using program = busyNode(place);
  await program.serving();
  const second = await run(["start", "--data-dir", place.dataDir, "--port", "0"]);
  assertRefused(second, exitCodes.inUse, /^The data directory .* is in use by the node of process \d+: /);
  program.signal("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("a data directory that is a file, or under one, is refused", async () => {
  await using place = await TestDirectory.make();
  const file = join(place.root, "file");
  await Deno.writeTextFile(file, "");
  await refuses(file, exitCodes.unusable, /is a file or lies under one/);
  await refuses(join(file, "deeper"), exitCodes.unusable, /is a file or lies under one/);
});

Deno.test(
  "a data directory that PostgreSQL's user cannot reach is refused",
  { ignore: !isRoot || !isLinux },
  async () => {
    await using place = await TestDirectory.make(join("closed", "data"));
    await Deno.mkdir(join(place.root, "closed"), { mode: 0o700 });
    await refuses(place.dataDir, exitCodes.unusable, /cannot reach .* through .*: allow it with chmod o\+x/);
  },
);

const mounts = { ignore: !isLinux || !await canMount() };

Deno.test("a full disk is told in one line, and leaves nothing half made", mounts, async () => {
  await using place = await TestDirectory.make("disk");
  await using _disk = await Disk.mount(place.dataDir, "size=8m,mode=711");
  await refuses(
    place.dataDir,
    exitCodes.unusable,
    /^No disk space left while .* or choose another place with --data-dir$/,
  );
});

Deno.test("a read-only place is told in one line", mounts, async () => {
  await using place = await TestDirectory.make("disk");
  await using _disk = await Disk.mount(place.dataDir, "size=1m,ro,mode=711");
  await refuses(place.dataDir, exitCodes.unusable, /^Not permitted while /);
});

Deno.test(
  "nothing of a run is left but the data: no process, no socket outside the data directory",
  linux,
  async () => {
    await using place = await TestDirectory.make();
    await account(place);
    await waitUntil(async () => await serverProcessId(place.dataDir) === undefined);
    const names = (await Array.fromAsync(Deno.readDir(place.root))).map(({ name }) => name);
    assertEquals(names, ["data"]);
  },
);
