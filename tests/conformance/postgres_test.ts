/** PostgreSQL 18 keeps the promises every backend makes. @module */
import postgres from "postgres";
import type { Backend } from "../../backends/backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { partitionsAndRows } from "../../backends/postgres/log/append.ts";
import { partitionOf } from "../../schema/partition.ts";
import type { WireEvent } from "../../schema/events.ts";
import { startPostgres, type TestPostgres } from "../support/servers/postgres_server.ts";
import type { Harness, NodeOptions } from "./harness.ts";
import { conformance } from "./suite.ts";

/** Renewed six times, so that a busy machine may be late with it. */
const LEASE_MS = 900;
const PARTITIONS = 4;

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

/** The first dead letter is refused by the database itself; the ones after it are not. */
const REFUSE_FIRST_DEAD_LETTER = `
  create sequence dead_letter_tries;
  create function refuse_first() returns trigger language plpgsql as $$ begin
    if new.state = 'dead' and nextval('dead_letter_tries') = 1 then
      raise exception 'no dead letter can be written';
    end if;
    return new;
  end $$;
  create trigger refuse_first before insert or update on zaakstroom.parked_deliveries
    for each row execute function refuse_first();`;

async function open(): Promise<Harness> {
  const url = await server.freshDatabase();
  const nodes: Backend[] = [];
  const sql = postgres(url, { max: 2, onnotice: () => {} });
  return {
    leaseMs: LEASE_MS,
    async backend(owner?: string, { renews = true, ...limits }: NodeOptions = {}) {
      const node = owner === undefined ? {} : { node: owner };
      const renewMs = renews ? LEASE_MS / 6 : 1e8;
      nodes.push(
        await openPostgres({
          url,
          migrate: "apply",
          partitions: PARTITIONS,
          leaseMs: LEASE_MS,
          renewMs,
          ...node,
          ...limits,
        }),
      );
      return nodes.at(-1)!;
    },
    // The clock is the server's: only real time moves it.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    failNextDeadLetterWrite: async () => void await sql.unsafe(REFUSE_FIRST_DEAD_LETTER),
    slowAppend: (events) => slowAppend(sql, events),
    async leaveEvent(text, producer) {
      await sql`insert into zaakstroom.outbox (event, producer)
        values (${String(text)}::text::json, coalesce(${producer ?? null}::text, session_user))`;
    },
    plantGarbage: (caseId) => plantGarbage(sql, caseId),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await sql.end();
    },
  };
}

/** A row that the check of the table would refuse, had nobody taken it away. */
async function plantGarbage(sql: postgres.Sql, caseId: string): Promise<void> {
  await sql`alter table zaakstroom.events drop constraint events_well_formed`;
  await sql`insert into zaakstroom.events
      (partition, type, case_id, version, event_id, schema_version, occurred_at, data, metadata)
    select ${
    partitionOf(caseId, PARTITIONS)
  }, 'case.intake', ${caseId}, max(version) + 1, gen_random_uuid(), 1, now(),
      '"garbage"', '{}'
    from zaakstroom.events where case_id = ${caseId}`;
}

/** An append that has drawn its positions and commits when it is told to. */
async function slowAppend(sql: postgres.Sql, events: readonly WireEvent[]) {
  const { touched, rows } = partitionsAndRows(events, PARTITIONS);
  const go = Promise.withResolvers<void>();
  const drawn = Promise.withResolvers<void>();
  const committed = sql.begin(async (tx) => {
    await tx`select zaakstroom.append(${`{${touched.join(",")}}`}::smallint[], ${rows}, ${events.length})`;
    drawn.resolve();
    await go.promise;
  });
  await drawn.promise;
  return {
    async commit() {
      go.resolve();
      await committed;
    },
  };
}

conformance("PostgreSQL", open, ["failNextDeadLetterWrite", "slowAppend", "leaveEvent", "plantGarbage"]);
