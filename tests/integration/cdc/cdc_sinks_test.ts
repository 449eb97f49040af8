/** `cdc` into a stream of JetStream and to an HTTP endpoint: each change once and in order, or under one id. @module */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { jetstreamManager, type StreamAPI } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-deno";
import { CloudEvent as Judged } from "cloudevents";
import postgres from "postgres";
import { assertRefused, Program, runHere } from "../../support/program.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startNats } from "../../support/servers/nats_server.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  await server.administer("alter system set wal_level = logical");
  await server.stopFast();
  await server.start();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** A database with a table of numbers, in which transactions of several rows come. */
async function numbers(): Promise<{ readonly url: string; add(from: number, to: number): Promise<void> }> {
  const url = await server.freshDatabase();
  const run = async (statement: string) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(statement).finally(() => sql.end());
  };
  await run("create table numbers (id int primary key)");
  const add = (from: number, to: number) =>
    run(
      `do $$ begin for i in ${from}..${to} loop insert into numbers values (3 * i), (3 * i + 1), (3 * i + 2);
      if i % 5 = 0 then commit; end if; end loop; end $$`,
    );
  return { url, add };
}

interface Value {
  readonly op: string;
  readonly after: { readonly id: number };
}

async function asked<T>(url: string, question: (streams: StreamAPI) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url });
  try {
    return await question((await jetstreamManager(connection)).streams);
  } finally {
    await connection.close();
  }
}

/** Messages in a stream, which may not be there yet. */
const countIn = (url: string) =>
  asked(url, (streams) => streams.info("CDC").then(({ state }) => state.messages, () => 0));

/** What a stream has of numbers, in its order. */
const valuesIn = (url: string) =>
  asked(url, async (streams) => {
    const { state } = await streams.info("CDC");
    const found: { readonly subject: string; readonly value: Value }[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = (await streams.getMessage("CDC", { seq }))!;
      if (message.subject.endsWith(".heartbeat")) continue;
      found.push({ subject: message.subject, value: message.json<Value>() });
    }
    return found;
  });

const columns = ["--tables", "public.numbers", "--columns", "public.numbers.id"];

natsTest(
  "a stream has each change once and in order, when cdc, its walsender and NATS are killed in between",
  async () => {
    await using nats = await startNats();
    const { url, add } = await numbers();
    await add(0, 99);
    const args = ["cdc", "start", "--to", nats.url, "--slot", "stream", ...columns, "--url", url];
    {
      await using killed = Program.start(args);
      await waitUntil(async () => await countIn(nats.url) > 0);
      await add(100, 199);
      await waitUntil(async () => await countIn(nats.url) > 301);
      await server.administer(
        "select pg_terminate_backend(active_pid) from pg_replication_slots where active",
      );
      await nats.kill9();
      await add(200, 299);
      await nats.start();
      await waitUntil(async () => await countIn(nats.url) > 601);
      await killed.kill9();
    }
    await add(300, 399);
    await waitUntil(async () => {
      const { out } = await runHere(["cdc", "status", "--json", "--url", url]);
      return JSON.parse(out).slots[0].active === false;
    });
    const ended = await runHere([...args, "--until-idle"]);
    assertEquals(ended.code, 0, ended.err);
    const found = await valuesIn(nats.url);
    assertEquals(found.map(({ value }) => value.after.id), Array.from({ length: 1_200 }, (_, i) => i));
    assertEquals([found[0]!.value.op, found.at(-1)!.value.op], ["r", "c"]);
    assertEquals(found[0]!.subject, "cdc.zaakstroom.public.numbers");
    const other = ["--slot", "other", ...columns, "--url", url, "--until-idle"];
    assertRefused(await runHere(["cdc", "start", "--to", nats.url, ...other]), 5, /another one/);
    await server.administer("select pg_drop_replication_slot('stream')", url);
  },
);

Deno.test("an endpoint gets CloudEvents in batches, the same ids when it is asked again, and a refusal ends it", async () => {
  const { url, add } = await numbers();
  await add(0, 9);
  const answers = [503, 200, 200, 200, 400];
  const batches: Judged<unknown>[][] = [];
  const endpoint = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    assertMatch(request.headers.get("content-type")!, /^application\/cloudevents-batch\+json/);
    batches.push((await request.json()).map((event: object) => new Judged(event)));
    return new Response(null, { status: answers.shift() ?? 200 });
  });
  const to = `http://127.0.0.1:${endpoint.addr.port}/`;
  const args = ["cdc", "start", "--to", to, "--slot", "posts", ...columns, "--url", url, "--until-idle"];
  const first = await runHere(args);
  assertEquals(first.code, 0, first.err);
  await add(10, 10);
  assertEquals((await runHere(args)).code, 0);
  assertEquals(batches.map((batch) => batch.length), [30, 30, 3]);
  assertEquals(batches[0]!.map(({ id }) => id), batches[1]!.map(({ id }) => id));
  assert(batches.flat().every((event) => event.validate()));
  const [{ subject, data }] = batches[2]! as [Judged<unknown>];
  assertEquals([subject, data], ["public.numbers", { before: null, after: { id: 30 } }]);
  assertEquals(new Set(batches.slice(1).flat().map(({ id }) => id)).size, 33);
  answers.splice(0, 1);
  await add(11, 11);
  assertRefused(await runHere(args), 5, /answers 400/);
  await endpoint.shutdown();
  await server.administer("select pg_drop_replication_slot('posts')", url);
});

Deno.test("an outbox with Debezium's columns is routed by them, from its table and from messages without one", async () => {
  const url = await server.freshDatabase();
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`create table outbox (id uuid primary key, aggregatetype text not null, aggregateid text not null,
    type text not null, payload jsonb)`;
  const id = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
  const add = (n: number) =>
    sql`insert into outbox values (${id(n)}, 'Order', ${`order-${n}`}, 'OrderPlaced', ${sql.json({ n })})`;
  await add(1);
  const path = await Deno.makeTempFile({ suffix: ".ndjson" });
  await Deno.remove(path);
  const shown = "public.outbox.aggregateid,public.outbox.payload,outbox.payload";
  const args = [
    ...["cdc", "start", "--to", path, "--slot", "outbox", "--outbox", "public.outbox,outbox"],
    ...["--columns", shown, "--url", url, "--until-idle"],
  ];
  assertEquals((await runHere(args)).code, 0);
  await add(2);
  await sql`delete from outbox`;
  const event = {
    id: id(3),
    aggregatetype: "Order",
    aggregateid: "bsn",
    type: "OrderPaid",
    payload: { n: 3 },
  };
  await sql`select pg_logical_emit_message(true, 'outbox', ${JSON.stringify(event)})`;
  await sql`select pg_logical_emit_message(true, 'outbox', 'none')`;
  const { code, err } = await runHere(args);
  assertEquals(code, 0);
  assertMatch(err, /A message of outbox is no event of an outbox/);
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line));
  const topic = "outbox.event.Order";
  assertEquals(lines, [
    { topic, key: "order-1", headers: { id: id(1), type: "OrderPlaced" }, value: { n: 1 } },
    { topic, key: "order-2", headers: { id: id(2), type: "OrderPlaced" }, value: { n: 2 } },
    { topic, key: "not shown", headers: { id: id(3), type: "OrderPaid" }, value: { n: 3 } },
  ]);
  await sql.end();
  await server.administer("select pg_drop_replication_slot('outbox')", url);
  await Promise.all([Deno.remove(path), Deno.remove(`${path}.place`)]);
});
