/** What the session of a role that may leave events, and little else, can hold up and undo. @module */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import postgres from "postgres";
import type { Backend } from "../../../../backends/backend.ts";
import { openPostgres } from "../../../../backends/postgres/postgres_backend.ts";
import { caseIntake, NotAllowed, PostgresEventPublisher } from "../../../../backends/publishers.ts";
import { storeRow } from "../../../../schema/delivery_line.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import { anEvent } from "../../../support/events.ts";
import { run } from "../../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/postgres_server.ts";

const PARTITIONS = 2;

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  await server.administer("create role stranger login");
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

const asRole = (url: string) => url.replace("postgres@", "stranger@");

async function grantOutbox(url: string): Promise<void> {
  await server.administer(
    `grant usage on schema zaakstroom to stranger; grant insert (event) on zaakstroom.outbox to stranger;
     grant select on zaakstroom.store, zaakstroom.table_changes to stranger`,
    url,
  );
}

/** A session of a role that may leave events and nothing else. */
async function asStranger<T>(url: string, use: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  await grantOutbox(url);
  const sql = postgres(asRole(url), { max: 1, onnotice: () => {} });
  try {
    return await use(sql);
  } finally {
    await sql.end();
  }
}

/** Every advisory lock that this program has ever taken, and all that begin with its letters. */
const ALL_ADVISORY = `select pg_advisory_lock(space, number)
  from generate_series(1515236208, 1515236223) space, generate_series(0, 64) number`;

Deno.test("attack 26: whoever holds all advisory locks holds up no append, no outbox, no read model and no setup", async () => {
  const url = await server.freshStore(PARTITIONS);
  await asStranger(url, async (sql) => {
    await sql.unsafe(ALL_ADVISORY);
    await sql`insert into zaakstroom.outbox (event) values (${
      JSON.stringify(anEvent("left", 1))
    }::text::json)`;
    const { code, out, err } = await run(
      ["start", "--url", url, "--count", "3", "--until-idle", "--json", "--port", "0"],
    );
    assertEquals([code, JSON.parse(out).ledger.balanced], [0, true], err);
    const rebuilt = await run(["projections", "rebuild", "cases", "--url", url]);
    assertEquals([rebuilt.code, rebuilt.err], [0, ""]);
    const shown = await run(["cases", "show", "left", "--url", url]);
    assertMatch(shown.out, /case\.intake/);
  });
});

Deno.test("attack 26: an advisory lock holds up nobody who makes a store", async () => {
  const url = await server.freshDatabase();
  const sql = postgres(asRole(url), { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(ALL_ADVISORY);
    const made = await run(["setup", "--url", url]);
    assertEquals([made.code, made.err], [0, ""]);
  } finally {
    await sql.end();
  }
});

Deno.test("attack 26: nobody but the owner and nodes locks what others wait for", async () => {
  await asStranger(await server.freshStore(PARTITIONS), async (sql) => {
    const tries = [
      "select from zaakstroom.locks for update",
      "select from zaakstroom.locks for key share",
      "lock table zaakstroom.locks in access share mode",
      "lock table zaakstroom.table_changes in share row exclusive mode",
      "lock table zaakstroom.outbox in access share mode",
      "lock table zaakstroom.events in access share mode",
      "select zaakstroom.lock_partitions('{0,1}')",
      "select zaakstroom.take_outbox(1, 1)",
    ];
    for (const statement of tries) {
      const error = await assertRejects(
        () => sql.begin((tx) => tx.unsafe(statement)),
        postgres.PostgresError,
        undefined,
        statement,
      );
      assertEquals(error.code, "42501", statement);
    }
    const nothing = await assertRejects(
      () => sql`select zaakstroom.append('{0,1}', '', 0, 0)`,
      postgres.PostgresError,
    );
    assertEquals(nothing.code, "ZS003", "no lock without a grant");
  });
});

Deno.test("an append that was not allowed is counted, though its transaction is undone and with it the trail", async () => {
  const url = await server.freshStore(PARTITIONS);
  const backend = await openPostgres({ url });
  try {
    await backend.producers.change("stranger", { perMinute: 1 }, { by: "b.baas", why: "agreed" });
    assertEquals((await backend.measure()).refused, 0);
    await asStranger(url, async (sql) => {
      const forged = { ...anEvent("c", 2, "case.decision"), event_id: crypto.randomUUID() };
      const row = storeRow(forged, partitionOf("c", PARTITIONS));
      const append = () => sql`select zaakstroom.append('{0,1}', ${row}, 1)`;
      const error = await assertRejects(append, postgres.PostgresError);
      assertEquals([error.code, error.message], ["ZS003", "an append of stranger is not allowed"]);
    });
    assertEquals([(await backend.measure()).refused, (await refusals(backend)).length], [1, 0]);
  } finally {
    await backend.close();
  }
});

Deno.test("what the library is refused by the server is counted once, and has its line", async () => {
  const url = await server.freshStore(PARTITIONS);
  const backend = await openPostgres({ url });
  try {
    await backend.producers.change("stranger", { perMinute: 1 }, { by: "b.baas", why: "agreed" });
    assertEquals((await backend.measure()).refused, 0);
    await grantOutbox(url);
    const publisher = new PostgresEventPublisher(asRole(url));
    const intakes = ["a", "b"].map((case_id) =>
      caseIntake({ case_id, citizen_bsn: "999990019", debt_amount: 10, debt_type: "huur" })
    );
    await assertRejects(() => publisher.publishAll(intakes), NotAllowed, "more than 1 events a minute");
    await publisher.close();
    assertEquals([(await backend.measure()).refused, (await refusals(backend)).length], [1, 1]);
  } finally {
    await backend.close();
  }
});

/** The lines of the trail about what was not allowed. */
async function refusals(backend: Backend) {
  return (await backend.audit("producers")).filter(({ act }) => act === "refused");
}
