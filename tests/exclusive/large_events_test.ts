/**
 * Large events, left where nodes take them in: a node stays under its bound on memory, and nothing that was acknowledged
 * is cut short or lost. @module
 */
import { assert, assertEquals } from "@std/assert";
import { connect } from "@nats-io/transport-deno";
import postgres from "postgres";
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { peakMemoryOf } from "../../simulators/load/process_usage.ts";
import { Program } from "../support/program.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { natsTest } from "../support/servers/requires_nats.ts";

/** A node without bounds would take a hundred in at once; four hundred, as an attacker sent them, are for `ok:long`. */
const EVENTS = Deno.env.has("ZAAKSTROOM_LONG") ? 400 : 100;
const BYTES = 1_000_000;
/** One of so many has a mistake in it, and waits in the inbox. */
const INVALID_EVERY = 8;
const SENT_AT_ONCE = 8;
/** The most that a node may have, in megabytes. Measured with 400: 380 to 415 on JetStream, 439 on PostgreSQL. */
const MAX_MEMORY_MB = 600;

/** A store, and somebody who leaves events in it. */
interface Producer extends AsyncDisposable {
  readonly store: Backend;
  /** False: the server refused it. */
  send(text: string): Promise<boolean>;
  /** Events that no node has taken in yet. */
  countWaiting(): Promise<number>;
}

function eventText(n: number): string {
  const citizen_bsn = n % INVALID_EVERY === 0 ? "12345678" : "999990019";
  const fields = { case_id: `large-${n}`, citizen_bsn, debt_amount: 12.5, debt_type: "huur" };
  const text = JSON.stringify({ ...fields, note: "" });
  return text.replace('"note":""', `"note":"${"x".repeat(BYTES - text.length)}"`);
}

/** Sends them all; returns the numbers of those that were acknowledged. */
async function sendAll({ send }: Producer): Promise<number[]> {
  const acknowledged: number[] = [];
  let next = 0;
  const sendNext = async () => {
    for (let n = next++; n < EVENTS; n = next++) if (await send(eventText(n))) acknowledged.push(n);
  };
  await Promise.all(Array.from({ length: SENT_AT_ONCE }, sendNext));
  return acknowledged.sort((a, b) => a - b);
}

/** Of a node that is behind on a busy machine. One that stands still is stuck for ever. */
const STUCK_AT_MOST = 30;

/** Resolves once all are taken in and nothing waits. A node that is behind goes on meanwhile. */
async function workOff({ countWaiting }: Producer, health: string): Promise<void> {
  for (let [idle, stuck] = [0, 0]; idle < 2;) {
    const waiting = await countWaiting();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { status, processors, why } = await (await fetch(health)).json();
    stuck = status === "stuck" ? stuck + 1 : 0;
    assert(stuck <= STUCK_AT_MOST, why.join("; "));
    const pending = processors.reduce((sum: number, each: { pending: number }) => sum + each.pending, 0);
    idle = status !== "unavailable" && waiting + pending === 0 ? idle + 1 : 0;
  }
}

/** The numbers of the events that the log and the inbox have whole. */
async function keptWhole({ store }: Producer): Promise<number[]> {
  const kept: number[] = [];
  for await (const { event: { event_type, data } } of store.readAll()) {
    if (event_type !== "case.intake") continue;
    const n = Number(String(data.case_id).slice("large-".length));
    if (JSON.parse(eventText(n)).note === data.note) kept.push(n);
  }
  for (const { text } of await store.inbox!.list(EVENTS)) {
    const n = Number(/large-(\d+)/.exec(text)![1]);
    if (text === eventText(n)) kept.push(n);
  }
  return kept.sort((a, b) => a - b);
}

async function assertBounded(args: readonly string[], producer: Producer): Promise<void> {
  await using node = Program.start(["start", ...args, "--port", "0"]);
  const address = await node.serving();
  const acknowledged = await sendAll(producer);
  await workOff(producer, `${address}health`);
  assertEquals(await keptWhole(producer), acknowledged);
  const [pid] = await node.nodes();
  const peak = await peakMemoryOf(pid!);
  assert(peak === undefined || peak < MAX_MEMORY_MB, `${Math.round(peak!)} MB`);
}

natsTest(
  "events of a megabyte on the ingest subject leave a node under its bound, each whole or refused to its sender",
  async () => {
    await using server = await startNats({ syncAlways: false });
    const connection = await connect({ servers: server.url });
    const ask = async (subject: string, text = "") =>
      (await connection.request(subject, text, { timeout: 60_000 })).json<
        { error?: unknown; state?: { messages: number } }
      >();
    await using producer: Producer = {
      store: await openNats({ url: server.url }),
      send: async (text) => (await ask("cases.ingest", text)).error === undefined,
      countWaiting: async () => (await ask("$JS.API.STREAM.INFO.CASES_ingest")).state!.messages,
      async [Symbol.asyncDispose]() {
        await this.store.close();
        await connection.close();
      },
    };
    await assertBounded(["--backend", "nats", "--url", server.url], producer);
  },
);

Deno.test("events of a megabyte in the outbox leave a node under its bound, each whole", async () => {
  await using server = await startPostgres({ fsync: false });
  const url = await server.freshStore();
  const sql = postgres(url, { max: SENT_AT_ONCE, onnotice: () => {} });
  await using producer: Producer = {
    store: await openPostgres({ url }),
    async send(text) {
      await sql`insert into zaakstroom.outbox (event) values (${text}::text::json)`;
      return true;
    },
    async countWaiting() {
      const [row] = await sql`select count(*)::int as n from zaakstroom.outbox where refused_for is null`;
      return row!.n;
    },
    async [Symbol.asyncDispose]() {
      await this.store.close();
      await sql.end();
    },
  };
  await assertBounded(["--url", url], producer);
});
