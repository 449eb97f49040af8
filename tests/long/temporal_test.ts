/**
 * The bridge on a real Temporal server, by the program that `ZAAKSTROOM_TEMPORAL` names: `deno task test:temporal`.
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { given, type GivenEvent } from "../../actors/testing/testing.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { appendEvent, AppendRefused } from "../../deploy/temporal/append.ts";
import { reminder } from "../../deploy/temporal/example/reminder.ts";
import { readInput } from "../../schema/input.ts";
import { Program, run, runHere } from "../support/program.ts";
import { testsRequiring } from "../support/requires.ts";
import { waitUntil } from "../support/servers/embedded_processes.ts";
import { freePort } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { TestTemporal, whyNoTemporal } from "../support/temporal/temporal_server.ts";

const temporalTest = testsRequiring(whyNoTemporal, true);
const CASES = Array.from({ length: 60 }, (_, i) => `zaak-${i}`);
const EACH = 10;

/** A server of a test's own, in a folder that goes with it. */
async function withTemporal(test: (temporal: TestTemporal, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "zaakstroom-temporal-" });
  try {
    await using temporal = new TestTemporal(folder);
    await temporal.start();
    await test(temporal, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A store with ten events of every case, taking turns; answers their ids by case, in order. */
async function fill(url: string): Promise<Record<string, string[]>> {
  const backend = await openPostgres({ url });
  const ids: Record<string, string[]> = Object.fromEntries(CASES.map((id) => [id, []]));
  for (let i = 1; i <= EACH; i++) {
    const events = CASES.map((case_id) =>
      readInput({ event_type: "case.payment_missed", data: { case_id, instalment: i } })
    );
    await backend.append(events);
    for (const { correlation_id, event_id } of events) ids[correlation_id]!.push(event_id);
  }
  await backend.close();
  return ids;
}

temporalTest(
  "each event reaches its workflow once and in order when all three are killed in between",
  () => withTemporal(killInBetween),
);

async function killInBetween(temporal: TestTemporal): Promise<void> {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshStore();
  const [ids, port] = [await fill(url), freePort()];
  const relay = ["relay", "--to", `http://127.0.0.1:${port}/events`, "--url", url];
  {
    await using bridge = await temporal.bridge(port);
    await using killed = Program.start(relay);
    await waitUntil(async () => await temporal.count(CASES[0]!) > 0);
    await bridge.kill9();
    await killed.kill9();
  }
  await using _bridge = await temporal.bridge(port);
  await using relaying = Program.start([...relay, "--until-idle"]);
  await temporal.kill9();
  await temporal.start();
  assertEquals((await relaying.ended()).code, 0);
  assertEquals(await temporal.signalled(CASES), ids);

  // Sent again from the beginning, nothing comes twice.
  const rewind = ["relay", "rewind", `127.0.0.1-${port}-events`, "--from-position", "1", "--reason", "again"];
  const rewound = await runHere([...rewind, "--url", url]);
  assertEquals(rewound.code, 0, rewound.err);
  const again = await run([...relay, "--until-idle"]);
  assertEquals(again.code, 0, again.err);
  assertEquals(await temporal.signalled(CASES), ids);
}

const missed: GivenEvent = ["case.payment_missed", { instalment: 1 }];
const sagas: Readonly<Record<string, readonly GivenEvent[]>> = {
  paid: [missed, ["case.payment_received", { amount: 10_000 as never }]],
  cancelled: [missed, ["case.withdrawn", { reason: "solved" }]],
  asked: [missed],
};

/** What the saga is about. The node's own processors say besides that they know of no payment plan in these cases. */
const SAGA_TYPES = [
  "case.payment_missed",
  "case.payment_received",
  "case.withdrawn",
  "case.intervention_requested",
];

function sagaIn(log: readonly { readonly event_type: string }[]): string[] {
  return log.map(({ event_type }) => event_type).filter((type) => SAGA_TYPES.includes(type));
}

/** A node with the bridge as its relay, to which the worker may append requests for a person. */
async function startNode(url: string, folder: string, port: number) {
  const tokens = join(folder, "tokens.json");
  const token = await runHere([
    "token",
    "create",
    "--tokens",
    tokens,
    "temporal",
    "--scopes",
    "events.append",
  ]);
  assertEquals(token.code, 0, token.err);
  const allowed = ["temporal", "case.intervention_requested", "--reason", "the saga", "--url", url];
  const allow = await runHere(["producers", "allow", ...allowed]);
  assertEquals(allow.code, 0, allow.err);
  const to = `http://127.0.0.1:${port}/events`;
  const node = Program.start(["start", "--url", url, "--port", "0", "--tokens", tokens, "--relay", to]);
  return { node, url: await node.serving(), token: token.out };
}

temporalTest(
  "a saga in Temporal leaves the same events as the workflow of our own",
  () => withTemporal(bothWays),
);

async function bothWays(temporal: TestTemporal, folder: string): Promise<void> {
  await using server = await startPostgres({ fsync: false });
  const [store, port] = [await server.freshStore(), freePort()];
  await using bridge = await temporal.bridge(port);
  const { node, url, token } = await startNode(store, folder, port);
  await using _node = node;
  const env = { ZAAKSTROOM_URL: url, ZAAKSTROOM_TOKEN: token };
  await using _worker = temporal.run("example/worker.ts", [], env);
  await using backend = disposable(await openPostgres({ url: store }));
  for (const [outcome, events] of Object.entries(sagas)) {
    const case_id = `saga-${outcome}`;
    const wire = events.map(([event_type, data]) => readInput({ event_type, data: { ...data, case_id } }));
    await backend.append(wire);
  }
  for (const [outcome, events] of Object.entries(sagas)) {
    await waitUntil(async () => await temporal.count(`saga-${outcome}`) > 0);
    assertEquals(await temporal.resultOf(`saga-${outcome}`), outcome);
    const log = await Array.fromAsync(backend.readCase(`saga-${outcome}`));
    const own = given([reminder], ...events).whenPassed("1d").runner;
    assertEquals(sagaIn(log.map(({ event }) => event)), sagaIn(own.log));
  }
  // What comes when a workflow has closed starts no other one, and keeps nothing waiting.
  const late = bridge.err.next(/came after the workflows of their cases had closed/);
  const data = { case_id: "saga-paid", instalment: 2 };
  await backend.append([readInput({ event_type: "case.payment_missed", data })]);
  await late;
  assertEquals(await temporal.resultOf("saga-paid"), "paid");
}

function disposable<B extends { close(): Promise<void> }>(backend: B): B & AsyncDisposable {
  return Object.assign(backend, { [Symbol.asyncDispose]: () => backend.close() });
}

Deno.test("an append that is tried again stores nothing twice, and other content under its id is refused", async () => {
  const folder = await Deno.makeTempDir({ prefix: "zaakstroom-temporal-" });
  try {
    const tokens = join(folder, "tokens.json");
    const create = ["token", "create", "--tokens", tokens, "temporal", "--scopes", "events.append"];
    const token = (await runHere(create)).out;
    await using node = Program.start(["start", "--backend", "memory", "--port", "0", "--tokens", tokens]);
    const api = { url: await node.serving(), token };
    const data = { citizen_bsn: "999990019", debt_amount: 90, debt_type: "huur" };
    const intake = { caseId: "zaak-1", type: "case.intake", data, step: "begin", expectedVersion: 0 };
    assertEquals(await appendEvent(intake, api), { outcome: "stored" });
    assertEquals(await appendEvent(intake, api), { outcome: "stored_before" });
    assertEquals(await appendEvent({ ...intake, step: "begin again" }, api), { outcome: "conflict" });
    const other = { ...intake, data: { ...data, debt_amount: 91 } };
    await assertRejects(() => appendEvent(other, api), AppendRefused, "409");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
