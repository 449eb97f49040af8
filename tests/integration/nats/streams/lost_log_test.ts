/** A log that is gone, or another one under a node at work: said in one line, and never made anew in silence. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import { exitCodes } from "../../../../console/cli/exit_codes.ts";
import { api } from "../../../support/nats_store_check.ts";
import { assertRefused, Program, run, runHere } from "../../../support/program.ts";
import { startNats, type TestNats } from "../../../support/servers/nats_server.ts";
import { natsTest } from "../../../support/servers/requires_nats.ts";

const INTAKE = { citizen_bsn: "999990019", debt_amount: 560.52, debt_type: "huur" };

const flagsOf = ({ url }: TestNats) => ["--backend", "nats", "--url", url];

async function publish(server: TestNats, ...cases: string[]): Promise<void> {
  const stdin = cases.map((case_id) => JSON.stringify({ case_id, ...INTAKE })).join("\n");
  const { code, err } = await run(["publish", "-", ...flagsOf(server)], { stdin });
  assertEquals(code, 0, err);
}

/** The ids of the cases in the list, which is brought up to date. */
async function listed(server: TestNats): Promise<string[]> {
  const { code, out, err } = await runHere(["cases", "list", "--json", ...flagsOf(server)]);
  assertEquals(code, 0, err);
  return JSON.parse(out).cases.map(({ case_id }: { case_id: string }) => case_id).sort();
}

async function settleAll(server: TestNats): Promise<void> {
  const { code, err } = await run(["start", ...flagsOf(server), "--until-idle", "--json", "--port", "0"]);
  assertEquals(code, 0, err);
}

async function ask(
  server: TestNats,
  subject: string,
  body: unknown = "",
): Promise<Record<string, unknown>> {
  const connection = await connect({ servers: server.url });
  try {
    return await api(connection, subject, body);
  } finally {
    await connection.close();
  }
}

async function isThere(server: TestNats): Promise<boolean> {
  return await ask(server, "STREAM.INFO.CASES_log").then(() => true, () => false);
}

/** A node at work under its guardian. */
async function startNode(server: TestNats): Promise<Program> {
  const node = Program.start(["start", ...flagsOf(server), "--port", "0", "--json"]);
  const health = `${await node.serving()}health`;
  for (;;) {
    const { processors } = await (await fetch(health)).json();
    const owned = (each: { owned: number; unowned: number }) => each.owned > 0 && each.unowned === 0;
    if (processors.length === 4 && processors.every(owned)) return node;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves once a node has settled the case's intake: what it made of it is in the log. */
async function isSettled(server: TestNats, caseId: string): Promise<void> {
  for (;;) {
    const { code, out } = await runHere(["cases", "show", caseId, "--json", ...flagsOf(server)]);
    if (code === 0 && /case\.(analysis|decision)/.test(out)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The node ends for good, its last line says what is wrong, and nothing was made anew. */
async function assertStops(node: Program, message: RegExp): Promise<void> {
  // A node that goes on is ended, and what it said is shown.
  const deadline = setTimeout(() => node.signal("SIGKILL"), 60_000);
  const { code, err } = await node.ended();
  clearTimeout(deadline);
  assertEquals(code, exitCodes.unusable, err);
  const lines = err.trimEnd().split("\n");
  const { error } = JSON.parse(lines.at(-1)!);
  assertMatch(error.message, message);
  assert(!lines.some((line) => /"guardian"|outside a delivery/.test(line)), err);
}

const GONE = /^The stream CASES_log is gone, .*: restore it .*setup --apply$/;
/** While a stream is deleted, the server may show it without messages. */
const GONE_OR_EMPTY = /^The stream CASES_log (is gone|was purged).*: restore it .*setup --apply$/;
const EMPTY = /^The stream CASES_log is empty, and its index is not: restore it .*setup --apply$/;

natsTest("a node whose log is deleted under it stops with one line, and makes none anew", async () => {
  await using server = await startNats();
  await publish(server, "before");
  await using node = await startNode(server);
  await ask(server, "STREAM.DELETE.CASES_log");
  await assertStops(node, GONE_OR_EMPTY);
  assertEquals(await isThere(server), false);
});

natsTest("a node at work whose log is deleted under it leaves what it can't settle, and stops", async () => {
  await using server = await startNats();
  await publish(server, "before");
  await using node = await startNode(server);
  await publish(server, ...Array.from({ length: 2_000 }, (_, i) => `case-${i}`));
  await ask(server, "STREAM.DELETE.CASES_log");
  await assertStops(node, GONE_OR_EMPTY);
  assertEquals(await isThere(server), false);
});

natsTest("a log can't be purged, and nothing in it deleted", async () => {
  await using server = await startNats();
  await publish(server, "before");
  await assertRejects(() => ask(server, "STREAM.PURGE.CASES_log"));
  await assertRejects(() => ask(server, "STREAM.MSG.DELETE.CASES_log", { seq: 1 }));
  assertEquals(await listed(server), ["before"]);
});

natsTest("a log that is gone is made anew by setup --apply alone, and its index with it", async () => {
  await using server = await startNats();
  await publish(server, "before");
  await settleAll(server);
  assertEquals(await listed(server), ["before"]);
  await ask(server, "STREAM.DELETE.CASES_log");
  const flags = flagsOf(server);
  for (const args of [["start", "--port", "0"], ["cases", "list"], ["setup"], ["dlq", "list"]]) {
    const refused = await run([...args, ...flags]);
    assertRefused(refused, exitCodes.unusable, GONE);
  }
  assertEquals(await isThere(server), false);
  const applied = await runHere(["setup", "--apply", ...flags]);
  assertEquals(applied.code, 0, applied.err);
  assertMatch(applied.out, /Created the stream CASES_log\nEmptied the stream CASES_index/);
  await publish(server, "after");
  await settleAll(server);
  assertEquals(await listed(server), ["after"]);
});

natsTest("a log that was made anew past setup is refused, and taken as it is by setup --apply", async () => {
  await using server = await startNats();
  await publish(server, "before");
  await settleAll(server);
  const { config } = await ask(server, "STREAM.INFO.CASES_log");
  await ask(server, "STREAM.DELETE.CASES_log");
  await ask(server, "STREAM.CREATE.CASES_log", config);
  assertRefused(await run(["cases", "list", ...flagsOf(server)]), exitCodes.unusable, EMPTY);
  assertEquals((await runHere(["setup", "--apply", ...flagsOf(server)])).code, 0);
  await publish(server, "after");
  await settleAll(server);
  assertEquals(await listed(server), ["after"]);
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.remove(to, { recursive: true }).catch(() => {});
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert(success, `${from} can't be copied`);
}

/** Stops the server, exchanges its log for an older one, and starts it. */
async function restore(server: TestNats, backup: string): Promise<void> {
  await server.stop();
  await copy(backup, `${server.storeDir}/jetstream/$G/streams/CASES_log`);
  await server.start();
}

async function backUp(server: TestNats): Promise<string> {
  const backup = `${server.storeDir}-backup`;
  await server.stop();
  await copy(`${server.storeDir}/jetstream/$G/streams/CASES_log`, backup);
  await server.start();
  return backup;
}

natsTest(
  "a log that was restored from a backup while nobody ran has what was backed up, and goes on",
  async () => {
    await using server = await startNats();
    await publish(server, "before");
    await settleAll(server);
    const backup = await backUp(server);
    await publish(server, "lost");
    await settleAll(server);
    assertEquals(await listed(server), ["before", "lost"]);
    await restore(server, backup);
    assertEquals(await listed(server), ["before"]);
    await publish(server, "after");
    await settleAll(server);
    assertEquals(await listed(server), ["after", "before"]);
  },
);

natsTest("a node whose log is restored under it from an older backup stops with one line", async () => {
  await using server = await startNats();
  await publish(server, "before");
  const backup = await backUp(server);
  await using node = await startNode(server);
  await publish(server, "lost");
  await isSettled(server, "lost");
  await restore(server, backup);
  await assertStops(node, /^The stream CASES_log .*as it was before.*setup --apply$/);
});
