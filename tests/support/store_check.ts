/**
 * What must hold in a store after any number of crashes, asked of the database itself: nothing here trusts the runtime,
 * its ledger or its reading of the events. @module
 */
import postgres from "postgres";

/** A copy with the indexes and statistics that these questions need and the store does not. */
const COPY = `
  create temp table e as select position, partition, type, case_id, version, event_id,
    (metadata ->> 'causation_id')::uuid as cause, md5(data::text) as data from zaakstroom.events;
  create index on e (event_id);
  create index on e (cause);
  create index on e (case_id, version);
  analyze e;`;

/** Each query finds the offenders against one rule; a sound store gives none. */
const rules: Readonly<Record<string, string>> = {
  "an event id is there once": "select event_id from e group by event_id having count(*) > 1",
  "versions of a case are 1, 2, 3 … without a gap": `
    select case_id from e group by case_id
    having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)`,
  "positions grow with the versions of a case": `
    select case_id from (select case_id, position, lag(position) over (partition by case_id order by version) as before from e) x
    where before >= position`,
  "a case has one intake, and it comes first": `
    select case_id from e group by case_id
    having count(*) filter (where type = 'case.intake') <> 1
      or count(*) filter (where type = 'case.intake' and version = 1) <> 1`,
  "an intake has exactly one analysis": `
    select i.case_id from e i left join e a on a.cause = i.event_id and a.type = 'case.analysis'
    where i.type = 'case.intake' group by i.case_id, i.event_id having count(a.event_id) <> 1`,
  "an analysis has exactly one effect": `
    select a.case_id from e a left join e effect on effect.cause = a.event_id
    where a.type = 'case.analysis' group by a.case_id, a.event_id having count(effect.event_id) <> 1`,
  "no event is there twice under two ids":
    "select case_id from e group by case_id, type, cause, data having count(*) > 1",
  "a cause is an earlier event of the same case": `
    select e.case_id from e left join e c on c.event_id = e.cause and c.case_id = e.case_id
    where e.cause is not null and (c.version is null or c.version >= e.version)`,
  "nothing is parked or dead": "select case_id from zaakstroom.parked_deliveries",
  "every mailbox is read to its end": `
    select s.processor from zaakstroom.subscriptions s
    join (values ('intake', 'case.intake'), ('analysis', 'case.analysis'), ('decision', 'case.decision')) t (processor, type)
      using (processor)
    join e on (e.partition, e.type) = (s.partition, t.type) where e.position > s.checkpoint`,
};

/** The rules a store breaks, each with an offender; none for a sound store. */
export async function brokenRules(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(COPY);
    const broken: string[] = [];
    for (const [rule, query] of Object.entries(rules)) {
      const [offender] = await sql.unsafe(`${query} limit 1`);
      if (offender !== undefined) broken.push(`${rule}: not so for ${Object.values(offender)[0]}`);
    }
    return broken;
  } finally {
    await sql.end();
  }
}

/** How many events of each type a store holds. */
export async function countByType(url: string): Promise<Record<string, number>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const rows =
      await sql`select type, count(*)::int as n from zaakstroom.events group by type order by type`;
    return Object.fromEntries(rows.map(({ type, n }) => [type, n]));
  } finally {
    await sql.end();
  }
}
