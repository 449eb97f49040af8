/** Pausing processors, draining nodes and trying parked work at once, on the command line. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import postgres from "postgres";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const REASON = ["--reason", "table v8 is wrong", "--as", "a.bos"];
const CASES = 30;

async function storeWithIntakes(): Promise<string> {
  const url = await server.freshStore();
  const { out: lines } = await runHere([
    "simulate",
    "--backend",
    "none",
    "--count",
    `${CASES}`,
    "--seed",
    "9",
  ]);
  assertEquals((await run(["publish", "-", "--url", url], { stdin: lines })).code, exitCodes.ok);
  return url;
}

for (const plain of [[], ["--plain"]]) {
  const how = plain.length === 0 ? "in passes" : "by themselves";
  Deno.test(`what waits for a paused processor keeps no node busy, and is done once it is resumed (${how})`, async () => {
    const url = await storeWithIntakes();
    const here = async (...args: string[]) => await runHere([...args, "--url", url]);
    const untilIdle = async () => {
      const { code, err } = await run(["start", "--url", url, "--until-idle", "--port", "0", ...plain]);
      assertEquals(code, exitCodes.ok, err);
      return err;
    };
    const decision = async () => {
      const { processors } = JSON.parse((await here("processors", "list", "--json")).out);
      return processors.find(({ name }: { name: string }) => name === "decision");
    };
    assertMatch((await here("processors", "pause", "decision", ...REASON)).out, /^decision is paused/);
    assertMatch(
      (await here("processors", "pause", "decision", ...REASON)).out,
      /^decision is paused already/,
    );
    assertMatch(await untilIdle(), /info\s+the processor decision is paused: what comes for it waits/);
    const { state, pending, paused_by, why } = await decision();
    assertEquals([state, paused_by, why], ["paused", "a.bos (account postgres)", "table v8 is wrong"]);
    assert(pending > 0);
    const status = await here("status");
    assertMatch(status.out, /Paused: decision, since .* by a\.bos \(account postgres\): table v8 is wrong/);
    assertMatch(status.out, new RegExp(`decision: paused for .*\\(${pending} pending\\)`));
    assertMatch((await here("processors", "resume", "decision", ...REASON)).out, /^decision goes on/);
    await untilIdle();
    assertEquals((await decision()).pending, 0);
  });
}

/** Asks until an answer will do, for half a minute at most. */
async function until<T>(what: string, ask: () => Promise<T>, willDo: (answer: T) => boolean): Promise<T> {
  for (const end = performance.now() + 30_000;;) {
    const answer = await ask();
    if (willDo(answer)) return answer;
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}, ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("a node at work pauses within its passes, catches up, hands over all when it is drained, and says so", async () => {
  const url = await server.freshStore();
  const started = [
    "start",
    "--url",
    url,
    "--node",
    "node-7",
    "--simulate",
    "40/sec",
    "--json",
    "--port",
    "0",
  ];
  await using node = Program.start(started);
  const address = await node.serving();
  const here = (...args: string[]) => runHere([...args, "--url", url, ...REASON]);
  const decision = async () => {
    const { processors } = await (await fetch(`${address}health`)).json();
    return processors.find(({ name }: { name: string }) => name === "decision");
  };
  await here("processors", "pause", "decision");
  await node.err.waitForLine(/"event":"pause".*"state":"paused"/);
  const paused = await until(
    "work waits",
    decision,
    ({ state, pending }) => state === "paused" && pending > 5,
  );
  assertEquals(paused.dead, 0);
  const metrics = await (await fetch(`${address}metrics`)).text();
  assertMatch(metrics, /zaakstroom_processor_paused\{[^}]*processor="decision"[^}]*\} 1/);
  assertMatch(metrics, /zaakstroom_processor_paused\{[^}]*processor="intake"[^}]*\} 0/);
  await here("processors", "resume", "decision");
  await until("it has caught up", decision, ({ state, pending }) => state !== "paused" && pending === 0);
  const mailboxes = async () => {
    const { nodes } = JSON.parse((await runHere(["nodes", "list", "--url", url, "--json"])).out);
    return nodes.find(({ name }: { name: string }) => name === "node-7")?.mailboxes;
  };
  assertMatch((await here("nodes", "drain", "node-7")).out, /^node-7 is drained: it gives up 64 mailboxes/);
  await node.err.waitForLine(/"event":"pause".*"kind":"node"/);
  await until("it has given up all", mailboxes, (count) => count === 0);
  // What it says of itself may be a second old.
  const readiness = async () => {
    const answer = await fetch(`${address}ready`);
    return { status: answer.status, why: await answer.text() };
  };
  const { why } = await until("it says that it is not ready", readiness, ({ status }) => status === 503);
  assertMatch(why, /it is drained/);
  await here("nodes", "resume", "node-7");
  await until("it has all again", mailboxes, (count) => count === 64);
  node.signal("SIGINT");
  assertEquals((await node.ended()).code, exitCodes.ok);
});

Deno.test("parked deliveries are listed with their evidence and time, and tried at once", async () => {
  const url = await storeWithIntakes();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`insert into zaakstroom.subscriptions (processor, partition) select 'intake', p from generate_series(0, 15) p`;
  await sql`insert into zaakstroom.parked_deliveries (processor, partition, case_id, position, event_id, state, attempts, due_at, failures)
    select 'intake', partition, case_id, position, event_id, 'retry', 2, now() + interval '1 day', ${
    sql.json([{ class: "TypeError", message: "no table for 123456782", at: "2026-01-01T00:00:00Z" }])
  } from zaakstroom.events order by position limit 2`;
  const here = async (...args: string[]) => await runHere(["parked", ...args, "--url", url]);
  const { total, parked: [first] } = JSON.parse((await here("list", "--json")).out);
  assertEquals([total, first.processor, first.error, first.attempts], [2, "intake", "TypeError", 2]);
  const shown = await here("show", `${first.position}`);
  assertMatch(shown.out, /attempt 1 at .*: TypeError: no table for (?!123456782)/);
  assertMatch(shown.out, /next attempt at 20/);
  const dry = await here("retry", "--dry-run", "--reason", "mended");
  assertEquals(dry.out, "Would try 2 parked deliveries at once, with 0 held behind them");
  assertMatch((await here("retry", `${first.position}`, "--reason", "mended")).out, /Done: 1$/);
  const due =
    await sql`select due_at <= now() as is_due, attempts from zaakstroom.parked_deliveries order by position`;
  assertEquals(due.map(({ is_due, attempts }) => [is_due, attempts]), [[true, 2], [false, 2]]);
  await sql.end();
});

Deno.test("a slip in naming what is to be paused is refused in one line", async () => {
  const url = await server.freshStore();
  const slips: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["processors", "pause"], exitCodes.usage, /^processors pause takes one NAME/],
    [["processors", "pause", "decision"], exitCodes.usage, /^processors pause needs --reason/],
    [
      ["processors", "pause", "desicion", ...REASON],
      exitCodes.notFound,
      /^There is no processor of this name/,
    ],
    [
      ["processors", "resume", "desicion", ...REASON],
      exitCodes.notFound,
      /^There is no processor of this name/,
    ],
    [
      ["nodes", "drain", "nobody", ...REASON],
      exitCodes.notFound,
      /^There is no node of this name; alive: none/,
    ],
    [["nodes", "resume", "nobody", ...REASON], exitCodes.notFound, /^There is no node of this name/],
    [["parked", "show"], exitCodes.usage, /^parked show takes a POSITION/],
    [["parked", "show", "1"], exitCodes.notFound, /^There is no such parked delivery/],
    [["parked", "retry"], exitCodes.usage, /^parked retry needs --reason/],
  ];
  for (const [args, code, message] of slips) {
    assertRefused(await runHere([...args, "--url", url]), code, message);
  }
});
