/**
 * What must hold in a store after any number of crashes, asked of the database itself: nothing here trusts the runtime,
 * its ledger or its reading of the events. @module
 */
import postgres from "postgres";

/** Each query finds the offenders against one rule; a sound store gives none. */
const rules: Readonly<Record<string, string>> = {
  "versions of a case are 1, 2, 3 … without a gap": `
    select case_id from zaakstroom.events group by case_id
    having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)`,
  "positions grow with the versions of a case": `
    select case_id from (
      select case_id, position, lag(position) over (partition by case_id order by version) as before from zaakstroom.events
    ) e where before >= position group by case_id`,
  "a case has one intake, and it comes first": `
    select case_id from zaakstroom.events group by case_id
    having count(*) filter (where type = 'case.intake') <> 1
      or count(*) filter (where type = 'case.intake' and version = 1) <> 1`,
  "an intake has exactly one analysis": `
    select i.case_id from zaakstroom.events i
    left join zaakstroom.events a on a.type = 'case.analysis' and a.metadata ->> 'causation_id' = i.event_id::text
    where i.type = 'case.intake' group by i.case_id, i.event_id having count(a.event_id) <> 1`,
  "an analysis has exactly one effect": `
    select a.case_id from zaakstroom.events a
    left join zaakstroom.events e on e.metadata ->> 'causation_id' = a.event_id::text
    where a.type = 'case.analysis' group by a.case_id, a.event_id having count(e.event_id) <> 1`,
  "no event is there twice under two ids": `
    select case_id from zaakstroom.events group by case_id, type, metadata ->> 'causation_id', data::text having count(*) > 1`,
  "a cause is an earlier event of the same case": `
    select e.case_id from zaakstroom.events e
    left join zaakstroom.events c on c.event_id = (e.metadata ->> 'causation_id')::uuid and c.case_id = e.case_id
    where e.metadata ->> 'causation_id' is not null and (c.version is null or c.version >= e.version)`,
  "nothing is parked or dead": "select case_id from zaakstroom.parked_deliveries",
  "every mailbox is read to its end": `
    select s.processor from zaakstroom.subscriptions s
    join (values ('intake', 'case.intake'), ('analysis', 'case.analysis'), ('decision', 'case.decision')) t (processor, type)
      using (processor)
    join zaakstroom.events e on (e.partition, e.type) = (s.partition, t.type) where e.position > s.checkpoint`,
};

/** The rules a store breaks, each with an offender; none for a sound store. */
export async function brokenRules(url: string): Promise<string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const broken: string[] = [];
    for (const [rule, query] of Object.entries(rules)) {
      const found = await sql.unsafe(`${query} limit 1`);
      if (found.length > 0) broken.push(`${rule}: not so for ${Object.values(found[0]!)[0]}`);
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
