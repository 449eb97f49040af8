/** The outbox, drained by several nodes. @module */
import { assertEquals } from "@std/assert";
import postgres from "postgres";
import type { Backend } from "../../../backends/backend.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { waitUntil } from "../../support/servers/embedded_processes.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** A store whose outbox is drained by nodes that take no mailbox of any case. */
class Outbox implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #nodes: [Backend, Promise<void>][] = [];

  private constructor(readonly url: string, readonly sql: postgres.Sql) {}

  static async open(): Promise<Outbox> {
    const url = await server.freshStore();
    return new Outbox(url, postgres(url, { max: 3, onnotice: () => {} }));
  }

  async addNode(): Promise<Backend> {
    const backend = await openPostgres({ url: this.url, connections: 4 });
    const processor = { name: "idle", version: 1, takes: ["case.completed"] };
    const running = (async () => {
      for await (const mailbox of backend.mailboxes(processor, this.#stop.signal)) await mailbox.close();
    })();
    this.#nodes.push([backend, running]);
    return backend;
  }

  /** Writes events of five cases, numbered in their order, each in a transaction of its own. */
  async write(count: number): Promise<void> {
    await this.sql.unsafe(`do $$ begin
      for n in 0..${count - 1} loop
        insert into zaakstroom.outbox (event) values (json_build_object('event_type', 'case.withdrawn',
          'data', json_build_object('case_id', 'case-' || n % 5, 'reason', 'solved', 'number', n)));
        commit;
      end loop; end $$`);
  }

  /** The numbers of the stored events of each case, in the order of the log. */
  async numbersByCase(): Promise<Map<string, number[]>> {
    const rows = await this.sql<{ id: string; numbers: number[] }[]>`
      select case_id as id, json_agg((data->>'number')::int order by version) as numbers
      from zaakstroom.events group by case_id`;
    return new Map(rows.map(({ id, numbers }) => [id, numbers]));
  }

  async waiting(): Promise<number> {
    return (await this.sql`select from zaakstroom.outbox where refused_for is null`).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const [backend, running] of this.#nodes) {
      await running;
      await backend.close();
    }
    await this.sql.end();
  }
}

function byNumber(a: number, b: number): number {
  return a - b;
}

Deno.test("two nodes that drain one outbox keep the order of each case", async () => {
  await using outbox = await Outbox.open();
  await outbox.addNode();
  await outbox.addNode();
  await outbox.write(2_000);
  await waitUntil(async () => await outbox.waiting() === 0);
  const stored = await outbox.numbersByCase();
  assertEquals(stored.size, 5);
  for (const numbers of stored.values()) {
    assertEquals(numbers.length, 400);
    assertEquals(numbers, numbers.toSorted(byNumber));
  }
});

Deno.test("a row that another transaction locks holds up its own case alone", async () => {
  await using outbox = await Outbox.open();
  await outbox.write(10);
  const released = Promise.withResolvers<void>();
  // The connections can't be ended before the transaction is, also where the test fails.
  using _release = { [Symbol.dispose]: () => released.resolve() };
  const locked = Promise.withResolvers<void>();
  const locking = outbox.sql.begin(async (tx) => {
    await tx`select from zaakstroom.outbox order by id limit 1 for update`;
    locked.resolve();
    await released.promise;
  });
  await locked.promise;
  await outbox.addNode();
  await outbox.addNode();
  await waitUntil(async () => await outbox.waiting() === 2);
  assertEquals([...(await outbox.numbersByCase()).keys()].toSorted(), [
    "case-1",
    "case-2",
    "case-3",
    "case-4",
  ]);
  released.resolve();
  await locking;
  await waitUntil(async () => await outbox.waiting() === 0);
  assertEquals((await outbox.numbersByCase()).get("case-0"), [0, 5]);
});
