/** Producers under roles of their own: what the server proves, and what they may not. The attacks are those of docs/explanation/attacks.md. @module */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import type { Backend } from "../../../../backends/backend.ts";
import {
  BackendUnusable,
  caseDecision,
  caseIntake,
  NotAllowed,
  PostgresEventPublisher,
  PublishDecision,
} from "../../../../backends/publishers.ts";
import { openPostgres } from "../../../../backends/postgres/postgres_backend.ts";
import { storeRow } from "../../../../schema/delivery_line.ts";
import type { EventType, WireEvent } from "../../../../schema/events.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import { anEvent } from "../../../support/events.ts";
import { waitUntil } from "../../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/postgres_server.ts";

const PARTITIONS = 4;
const ACT = { by: "b.baas", why: "agreed" };

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
  for (const role of ["cak", "stranger"]) await server.administer(`create role ${role} login`);
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** A store with two roles that may leave events: cak, to which payments were granted, and one to which nothing was. */
class Store implements AsyncDisposable {
  private constructor(
    readonly url: string,
    readonly backend: Backend,
    readonly sql: Readonly<Record<"cak" | "stranger", postgres.Sql>>,
  ) {}

  static async open(): Promise<Store> {
    const url = await server.freshStore(PARTITIONS);
    const rights = `grant usage on schema zaakstroom to cak, stranger;
      grant insert (event) on zaakstroom.outbox to cak, stranger;
      grant select on zaakstroom.store, zaakstroom.table_changes to cak, stranger`;
    await server.administer(rights, url);
    const backend = await openPostgres({ url });
    await backend.producers.change("cak", { allow: ["case.payment_received"] }, ACT);
    const as = (role: string) => postgres(urlAs(url, role), { max: 1, onnotice: () => {} });
    return new Store(url, backend, { cak: as("cak"), stranger: as("stranger") });
  }

  async typesOf(caseId = "c"): Promise<string[]> {
    return (await Array.fromAsync(this.backend.readCase(caseId))).map(({ event }) => event.event_type);
  }

  /** Appends as a program would that writes its own SQL. */
  async append(
    role: "cak" | "stranger",
    change: (event: WireEvent) => WireEvent,
    type: EventType,
    partition?: number,
  ) {
    const event = change({
      ...anEvent("c", 1, type),
      event_id: crypto.randomUUID(),
      metadata: { schema_version: 1, source: role },
    });
    const at = partition ?? partitionOf("c", PARTITIONS);
    await this.sql[role]`select zaakstroom.append(${`{${at}}`}::smallint[], ${storeRow(event, at)}, 1)`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend.close();
    await Promise.all(Object.values(this.sql).map((sql) => sql.end()));
  }
}

function urlAs(url: string, role: string): string {
  const parsed = new URL(url);
  parsed.username = role;
  return parsed.href;
}

async function refusalOf(work: () => Promise<unknown>): Promise<string> {
  const { code, detail = "", message } = await assertRejects(work, postgres.PostgresError);
  return `${code} ${detail || message}`;
}

/** A UUID of the version that outputs have. */
function derivedIdOfAnything(): string {
  const id = crypto.randomUUID();
  return `${id.slice(0, 14)}8${id.slice(15)}`;
}

const same = (event: WireEvent) => event;

Deno.test("a role appends what was granted to it, by SQL and by the library, and under its own name", async () => {
  await using store = await Store.open();
  await store.append("cak", same, "case.intake");
  await store.append("cak", same, "case.payment_received");
  const publisher = new PostgresEventPublisher(urlAs(store.url, "cak"));
  const data = { case_id: "c", amount: 10 };
  await publisher.publish({ event_type: "case.payment_received", data }, { source: "system-of-duo" });
  await publisher.close();
  const stored = await Array.fromAsync(store.backend.readCase("c"));
  assertEquals(stored.map(({ event }) => event.metadata.source), ["cak", "cak", "cak"]);
});

Deno.test("attacks 1 to 5: what was not granted is refused at the synchronous door, and nothing is stored", async () => {
  await using store = await Store.open();
  await store.backend.append([anEvent("c", 1)]);
  const forged: EventType[] = [
    "case.decision",
    "case.analysis",
    "case.completed",
    "case.debt_forgiven",
    "case.review_requested",
    "case.term_expired",
    "case.event_refused",
    "case.payment_plan_created",
    "case.payment_missed",
  ];
  for (const type of forged) {
    assertMatch(await refusalOf(() => store.append("cak", same, type)), /^ZS003 cak may not send/, type);
  }
  const tries: Record<string, (event: WireEvent) => WireEvent> = {
    "another's name": (event) => ({ ...event, metadata: { ...event.metadata, source: "analysis@1" } }),
    "no name": (event) => ({ ...event, metadata: { schema_version: 1 } }),
    "the simulator": (event) => ({ ...event, metadata: { ...event.metadata, source: "simulator" } }),
    "a cause": (event) => ({ ...event, metadata: { ...event.metadata, causation_id: crypto.randomUUID() } }),
    "an account": (event) => ({ ...event, metadata: { ...event.metadata, account: "root" } }),
    "an id of an output": (event) => ({ ...event, event_id: derivedIdOfAnything() }),
  };
  for (const [what, change] of Object.entries(tries)) {
    assertMatch(await refusalOf(() => store.append("cak", change, "case.payment_received")), /^ZS003/, what);
  }
  assertEquals(await store.typesOf(), ["case.intake"]);
});

Deno.test("a case can't be moved to another partition, nor a partition be written that was not locked", async () => {
  await using store = await Store.open();
  await store.backend.append([anEvent("c", 1)]);
  const other = (partitionOf("c", PARTITIONS) + 1) % PARTITIONS;
  const moved = () => store.append("cak", same, "case.payment_received", other);
  assertMatch(await refusalOf(moved), /ZS003 the case is of another partition/);
});

Deno.test("attack 26: a role without a grant appends nothing, and leaves an intake in the outbox", async () => {
  await using store = await Store.open();
  assertMatch(
    await refusalOf(() => store.append("stranger", same, "case.intake")),
    /ZS003 nothing was granted to stranger/,
  );
  assertMatch(await refusalOf(() => store.sql.stranger`select * from zaakstroom.events`), /^42501/);
  assertMatch(await refusalOf(() => store.sql.stranger`select * from zaakstroom.producers`), /^42501/);
  assertMatch(
    await refusalOf(() =>
      store.sql.stranger`insert into zaakstroom.outbox (event, producer) values ('{}', 'postgres')`
    ),
    /^42501/,
  );
  assertEquals((await store.sql.stranger`select * from zaakstroom.known_grants()`).length, 0);
  assertEquals((await store.sql.cak`select name from zaakstroom.known_grants()`).map(({ name }) => name), [
    "cak",
  ]);
  await store.sql.stranger`select zaakstroom.record_refusal('a line of mine')`;
  assertEquals(
    await store.backend.audit("producers").then((acts) => acts.filter(({ act }) => act === "refused")),
    [],
  );
});

Deno.test("attacks 2, 3 and 7: what a role leaves in the outbox is judged by who it is", async () => {
  await using store = await Store.open();
  const { backend, sql } = store;
  await backend.append([{ ...anEvent("c", 1), data: { ...anEvent("c", 1).data, debt_amount: 48_000 } }]);
  const leave = (role: "cak" | "stranger", type: EventType, data: Record<string, unknown> = {}) =>
    sql[role]`insert into zaakstroom.outbox (event) values (${
      JSON.stringify({ event_type: type, data: { ...anEvent("c", 1, type).data, ...data } })
    }::text::json)`;
  await backend.producers.change("cak", { allow: ["case.decision"] }, ACT);
  await leave("stranger", "case.decision", { decision: "forgive", decided_by: "system" });
  await leave("stranger", "case.payment_received", { amount: 48_000 });
  await leave("stranger", "case.completed");
  await leave("cak", "case.decision", { decision: "forgive", decided_by: "caseworker-7" });
  await leave("cak", "case.decision", { decision: "forgive", decided_by: "cak" });
  await leave("cak", "case.payment_received", { amount: 1 });
  await leave("stranger", "case.withdrawn");
  const stop = new AbortController();
  const node = (async () => {
    for await (const mailbox of backend.mailboxes({ name: "n", version: 1, takes: [] }, stop.signal)) {
      void mailbox;
    }
  })();
  await waitUntil(async () => await backend.inbox!.count() === 5 && (await store.typesOf()).length === 3);
  assertEquals(await store.typesOf(), ["case.intake", "case.payment_received", "case.withdrawn"]);
  const [, payment, withdrawal] = await Array.fromAsync(backend.readCase("c"));
  assertEquals(payment!.event.metadata.source, "cak");
  assertEquals(
    [withdrawal!.event.metadata.source, withdrawal!.event.metadata.marks],
    ["stranger", ["to_be_confirmed"]],
  );
  const refused = (await backend.audit("producers")).filter(({ act }) => act === "refused");
  assertEquals(refused.map(({ by }) => by), ["stranger", "stranger", "stranger", "cak", "cak"]);
  stop.abort();
  await node;
});

Deno.test("a decision under a role's own name goes by way of the outbox, and the library says so", async () => {
  await using store = await Store.open();
  await store.backend.producers.change("cak", { allow: ["case.decision"] }, ACT);
  const publisher = new PostgresEventPublisher(urlAs(store.url, "cak"));
  const data = { case_id: "c", decision: "collect", decided_by: "cak", reason: "r", next_steps: [] } as const;
  await assertRejects(() => new PublishDecision(publisher).publish(data), NotAllowed, "in the outbox");
  await assertRejects(() => publisher.publish(caseDecision(data)), NotAllowed);
  await publisher.close();
});

Deno.test("a role sends no more a minute than it may, and the trail has a line for what it may not", async () => {
  await using store = await Store.open();
  await store.backend.producers.change("cak", { perMinute: 2 }, ACT);
  const publisher = new PostgresEventPublisher(urlAs(store.url, "cak"));
  const intake = (case_id: string) =>
    caseIntake({ case_id, citizen_bsn: "999990019", debt_amount: 10, debt_type: "huur" });
  await publisher.publishAll([intake("a"), intake("b")]);
  await assertRejects(() => publisher.publish(intake("d")), NotAllowed, "more than 2 events a minute");
  await publisher.close();
  const refused = (await store.backend.audit("producers")).filter(({ act }) => act === "refused");
  assertEquals(refused.map(({ by }) => by), ["cak"]);
  assertEquals(await store.typesOf("d"), []);
});

Deno.test("a library publisher names no part of the runtime as its source", async () => {
  const publisher = new PostgresEventPublisher(server.url);
  for (const source of ["simulator", "system", "Anyone ", "simulator/citizen"]) {
    const publish = () =>
      publisher.publish(
        caseIntake({ case_id: "a", citizen_bsn: "999990019", debt_amount: 1, debt_type: "x" }),
        {
          source,
        },
      );
    await assertRejects(publish, NotAllowed, "the runtime's own", source);
  }
  await publisher.close();
});

Deno.test("two who decide on one proposal at once are judged one after the other, under the lock", async () => {
  await using store = await Store.open();
  const { backend } = store;
  await backend.append([anEvent("c", 1), anEvent("c", 2, "case.decision_proposed")]);
  const forgiving = (n: number) => {
    const event = anEvent("c", n, "case.decision");
    return { ...event, data: { ...event.data, decision: "forgive", decided_by: `second-${n}` } };
  };
  const tries = await Promise.allSettled(
    Array.from(
      { length: 8 },
      (_, n) => backend.append([forgiving(n + 10)], n % 2 === 0 ? "any" : { exact: 2 }),
    ),
  );
  assertEquals(tries.filter(({ status }) => status === "fulfilled").length, 1);
  assertEquals((await store.typesOf()).filter((type) => type === "case.decision").length, 1);
});

Deno.test("who may not read the store at all is told so in one line", async () => {
  const url = await server.freshStore(PARTITIONS);
  await assertRejects(() => openPostgres({ url: urlAs(url, "stranger") }), BackendUnusable);
  assert(true);
});
