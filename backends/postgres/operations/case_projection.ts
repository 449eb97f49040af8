/** The read model of cases: a table that follows the log. @module */
import type { CaseSummary } from "../../backend.ts";
import { BackendReadOnly } from "../../errors.ts";
import type { PostgresClient } from "../connection/client.ts";

const EVENTS_PER_RUN = 500;

/** Projects the next events of each partition into the read model. Returns how many there were. */
export async function projectOnce(client: PostgresClient): Promise<number> {
  const [row] = await client.runIdempotent((sql) =>
    sql<[{ n: number }]>`select zaakstroom.project_cases(${EVENTS_PER_RUN}) as n`
  );
  return row.n;
}

/** Brings the model up to date; on a read-only server it stays as the primary left it. */
async function projectAll(client: PostgresClient): Promise<void> {
  try {
    while (await projectOnce(client) > 0);
  } catch (error) {
    if (!(error instanceof BackendReadOnly)) throw error;
  }
}

/** Cases by latest change, newest first. Brings the model up to date first. */
export async function listCases(
  client: PostgresClient,
  { limit = 20, latest }: { limit?: number; latest?: string } = {},
): Promise<CaseSummary[]> {
  await projectAll(client);
  const rows = await client.runIdempotent((sql) =>
    sql`select case_id, version, latest, opened_at, updated_at from zaakstroom.cases
      where ${latest === undefined} or latest = ${latest ?? ""} order by position desc limit ${limit}`
  );
  return rows.map((row) => ({
    caseId: row.case_id,
    version: row.version,
    latest: row.latest,
    openedAt: row.opened_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }));
}
