/**
 * The node and its nats-server are killed again and again at moments chosen by chance; what they leave behind is always
 * whole. @module
 */
import { assert, assertEquals } from "@std/assert";
import { connect, type NatsConnection } from "@nats-io/transport-deno";
import type { DeadLetter } from "../../../backends/dead_letters.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { RunSummary } from "../../../console/node/run_summary.ts";
import { Random } from "../../../simulators/cases/random.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { api, brokenRules, readEvents } from "../../support/nats_store_check.ts";
import { FanOutNode } from "../../support/fan_out/fan_out_node.ts";
import { readFannedOut } from "../../support/fan_out/subscribers.ts";
import { Program } from "../../support/program.ts";

/** Twenty in `deno task ok:long`: eight take half the time. */
const ROUNDS = Deno.env.has("ZAAKSTROOM_LONG") ? 20 : 8;
const CASES = ROUNDS * 1_000;
/** The cases begin now, so that no term of theirs has expired. */
const FROM = new Date().toISOString();

/** Under one name, as its guardian would start it again: so it takes up its own leases at once. */
function startNode(url: string, seed: string): Program {
  const feed = ["--count", `${CASES}`, "--seed", seed, "--from", FROM, "--until-idle"];
  const store = ["--backend", "nats", "--url", url];
  return Program.start(["start", ...store, "--node", "doomed", "--port", "0", "--json", ...feed], {
    asNode: true,
  });
}

/** How many records the log has. */
async function recordCount(connection: NatsConnection): Promise<number> {
  try {
    // A server that was killed meanwhile never answers what it was asked before.
    const info = await api(connection, "STREAM.INFO.CASES_log", "", { timeout: 1_000 }) as {
      state: { last_seq: number };
    };
    return info.state.last_seq;
  } catch {
    return 0;
  }
}

/** Resolves when the store has something that is younger than the call: work goes on. */
async function nextWrite(connection: NatsConnection, over: () => boolean): Promise<void> {
  const before = await recordCount(connection);
  while (!over() && await recordCount(connection) <= before) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function pause(ms: number, end: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([end, promise]).finally(() => clearTimeout(timer));
}

/** One life: first its server dies under it, then the node itself. Answers whether it still worked then. */
async function liveAndDie(
  server: TestNats,
  seed: string,
  connection: NatsConnection,
  random: Random,
): Promise<boolean> {
  await using node = startNode(server.url, seed);
  let over = false;
  const end = node.ended().then(() => over = true);
  await nextWrite(connection, () => over);
  await pause(random.below(200), end);
  await server.kill9();
  await server.start();
  await nextWrite(connection, () => over);
  await pause(random.below(200), end);
  if (!over) await node.kill9();
  await end;
  return !node.out.text.includes("ledger");
}

/** The last life, to the end. */
async function liveOn(url: string, seed: string): Promise<RunSummary> {
  await using node = startNode(url, seed);
  const { code, out, err } = await node.ended();
  assertEquals(code, 0, `${out}\n${err}`);
  return JSON.parse(out);
}

/** Their evidence: what is ended from outside is no delivery's fault. */
async function deadLetters(url: string): Promise<DeadLetter[]> {
  const backend = await openNats({ url });
  try {
    return await backend.deadLetters.list();
  } finally {
    await backend.close();
  }
}

/** The ids of what the fan-out has copied through all lives, once a last node has copied the rest. */
async function copiedIds(url: string, count: number): Promise<string[]> {
  await using _copier = await FanOutNode.open({ url });
  return (await readFannedOut(url, count)).map(({ id }) => id);
}

natsTest(
  "kill -9 of node and nats-server, again and again at random moments, loses, doubles and reorders nothing",
  async () => {
    await using server = await startNats();
    const seed = Deno.env.get("ZAAKSTROOM_TEST_SEED") ?? crypto.randomUUID();
    const random = new Random(seed, "kills");
    const connection = await connect({
      servers: server.url,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 50,
    });
    try {
      let killed = 0;
      for (let round = 0; round < ROUNDS; round++) {
        if (await liveAndDie(server, seed, connection, random)) killed++;
      }
      const { ledger, accepted, dead } = await liveOn(server.url, seed);
      assertEquals(await deadLetters(server.url), [], `seed ${seed}`);
      assertEquals([ledger.lost, ledger.duplicated, ledger.reordered], [[], [], []], `seed ${seed}`);
      assertEquals(
        [ledger.balanced, ledger.accepted, accepted, dead],
        [true, CASES, CASES, 0],
        `seed ${seed}`,
      );
      const events = await readEvents(server.url);
      assertEquals(brokenRules(events).slice(0, 5), [], `seed ${seed}`);
      assertEquals(events.filter(({ type }) => type === "case.intake").length, CASES);
      assertEquals(await copiedIds(server.url, events.length), events.map(({ id }) => id), `seed ${seed}`);
      assert(killed >= ROUNDS * 3 / 4, `only ${killed} of ${ROUNDS} lives ended in the middle of work`);
    } finally {
      await connection.close();
    }
  },
);
