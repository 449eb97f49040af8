/** Producers on PostgreSQL: a table of grants, and `session_user` as who somebody is. @module */
import {
  changed,
  type GrantChange,
  type Grants,
  type Producer,
  type ProducerGrants,
} from "../../../schema/authority/grants.ts";
import { NotAllowed } from "../../errors.ts";
import { type Producers, PRODUCERS_TRAIL } from "../../producers.ts";
import { arrayOf } from "../connection/array_literal.ts";
import type { PostgresClient } from "../connection/client.ts";
import type { Sql } from "../connection/pool.ts";

/** Grants that were read less than this ago hold for the next append of a program. */
const KNOWN_FOR_MS = 1_000;

interface GrantRow {
  readonly name: string;
  readonly allowed: readonly string[];
  readonly denied: readonly string[];
  readonly on_behalf_of: boolean;
  readonly per_minute: number | null;
  readonly changed_by: string;
  readonly changed_at: Date;
}

/** The grants as they are. */
export async function readGrants(sql: Sql): Promise<ProducerGrants[]> {
  const rows = await sql<GrantRow[]>`
    select name, to_json(allowed) as allowed, to_json(denied) as denied, on_behalf_of, per_minute, changed_by, changed_at
    from zaakstroom.known_grants() order by name`;
  return rows.map(grantsOfRow);
}

function grantsOfRow({ name, allowed, denied, ...row }: GrantRow): ProducerGrants {
  return {
    name,
    allowed,
    denied,
    onBehalfOf: row.on_behalf_of,
    ...(row.per_minute === null ? {} : { perMinute: row.per_minute }),
    changedBy: row.changed_by,
    changedAt: row.changed_at.toISOString(),
  };
}

export class PostgresProducers implements Producers {
  readonly #client: PostgresClient;
  #self: Promise<Producer> | undefined;
  #known: { readonly grants: readonly ProducerGrants[]; readonly at: number } | undefined;

  constructor(client: PostgresClient) {
    this.#client = client;
  }

  self(): Promise<Producer> {
    this.#self ??= this.#readSelf().catch((error) => {
      this.#self = undefined;
      throw error;
    });
    return this.#self;
  }

  async #readSelf(): Promise<Producer> {
    const [row] = await this.#client.runIdempotent((sql) =>
      sql<[Producer]>`select session_user::text as name,
        has_table_privilege(session_user, 'zaakstroom.events', 'insert') as "isOwner"`
    );
    return { name: row.name, isOwner: row.isOwner };
  }

  list(): Promise<readonly ProducerGrants[]> {
    return this.#client.runIdempotent((sql) => readGrants(sql));
  }

  /** For an append: as they were a second ago at most. */
  async known(): Promise<readonly ProducerGrants[]> {
    const now = performance.now();
    if (this.#known === undefined || now - this.#known.at > KNOWN_FOR_MS) {
      this.#known = { grants: await this.list(), at: now };
    }
    return this.#known.grants;
  }

  async change(name: string, change: GrantChange, act: { by: string; why: string }): Promise<ProducerGrants> {
    const granted = await this.#client.run((sql) =>
      sql.begin(async (begun) => {
        const tx = begun as unknown as Sql;
        await tx`lock table zaakstroom.producers in share row exclusive mode`;
        const before = (await readGrants(tx)).find((each) => each.name === name);
        const after = changed(before, name, change, { by: act.by, at: new Date().toISOString() });
        await writeGrants(tx, after);
        await writeTrail(tx, "producers_change", act);
        return after;
      })
    );
    this.#known = undefined;
    return granted;
  }

  /** Counts what somebody sends in whose name the caller speaks. Throws NotAllowed beyond the rate. */
  async countSent(name: string, count: number, grants: Grants): Promise<void> {
    if (grants.get(name)?.perMinute === undefined) return;
    const [row] = await this.#client.run((sql) =>
      sql<[{ why: string | null }]>`select zaakstroom.rate_fault(${name}, ${count}) as why`
    );
    if (row.why !== null) throw new NotAllowed(row.why);
  }

  /** A line in the trail. It is no reason to fail that it can't be written: nothing else was. */
  async recordRefusal(why: string, by?: string, raised = false): Promise<void> {
    await this.#client.run((sql) =>
      sql`select zaakstroom.record_refusal(${why}, ${by ?? null}::text, ${raised}::boolean)`
    ).catch(() => {});
  }

  async forget(name: string, act: { by: string; why: string }): Promise<boolean> {
    const rows = await this.#client.run((sql) =>
      sql`with gone as (delete from zaakstroom.producers where name = ${name} returning name)
        insert into zaakstroom.event_log (act, by, why, case_id)
        select 'producers_forget', ${act.by}::text, ${act.why}::text, ${PRODUCERS_TRAIL} from gone returning id`
    );
    this.#known = undefined;
    return rows.length > 0;
  }
}

async function writeGrants(tx: Sql, { name, allowed, denied, onBehalfOf, ...rest }: ProducerGrants) {
  await tx`insert into zaakstroom.producers (name, allowed, denied, on_behalf_of, per_minute, changed_by, changed_at)
    values (${name}, ${arrayOf(allowed)}::text[], ${arrayOf(denied)}::text[], ${onBehalfOf},
      ${rest.perMinute ?? null}::int, ${rest.changedBy}, ${rest.changedAt}::text::timestamptz)
    on conflict (name) do update set allowed = excluded.allowed, denied = excluded.denied,
      on_behalf_of = excluded.on_behalf_of, per_minute = excluded.per_minute, changed_by = excluded.changed_by,
      changed_at = excluded.changed_at`;
}

async function writeTrail(tx: Sql, act: string, { by, why }: { by: string; why: string }): Promise<void> {
  await tx`insert into zaakstroom.event_log (act, by, why, case_id)
    values (${act}, ${by}, ${why}, ${PRODUCERS_TRAIL})`;
}
