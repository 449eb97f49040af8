/**
 * Lists over a million cases, read from the read models: `deno task bench:lists [postgres|nats] [CASES]`. Each list is read in
 * turns, and what one read takes is said with its processor time. Figures, no assertions.
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import postgres from "postgres";
import { findModel, projectedModels } from "../../actors/case_list.ts";
import { Projector } from "../../actors/projector.ts";
import type { Backend } from "../../backends/backend.ts";
import type { ModelStore } from "../../backends/projections.ts";
import { ModelDatabase } from "../../backends/nats/models/database.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { openPostgres } from "../../backends/postgres/postgres_backend.ts";
import { caseListQueries } from "../support/read_models/rebuilds.ts";
import { startNats } from "../support/servers/nats_server.ts";
import { startPostgres } from "../support/servers/postgres_server.ts";
import { describeMachine, print, runAsNode } from "./bench.ts";

const ROUNDS = 200;
const STEP = 50_000;

await runAsNode(async () => {
  print(describeMachine());
  const [only, cases = "1000000"] = Deno.args;
  if (only !== "nats") await measurePostgres(Number(cases));
  if (only !== "postgres") await measureNats(Number(cases));
});

async function measurePostgres(cases: number): Promise<void> {
  await using server = await startPostgres();
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  const table = await emptyTable(backend);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql.unsafe(casesText(`zaakstroom_models.${table}`, `generate_series(1, ${cases}) i`));
  await sql.unsafe(`analyze zaakstroom_models.${table}`);
  await measureLists("postgres", backend.models!);
  await sql.end();
  await backend.close();
}

async function measureNats(cases: number): Promise<void> {
  await using server = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "zs-lists-" });
  const models = join(folder, "models.sqlite");
  const backend = await openNats({ url: server.url, models });
  const table = await emptyTable(backend);
  const database = ModelDatabase.open(models, `CASES/${backend.partitions}`);
  for (let from = 0; from < cases; from += STEP) {
    const to = Math.min(cases, from + STEP);
    const numbers = `(with recursive n (i) as (select ${
      from + 1
    } union all select i + 1 from n where i < ${to})
      select i from n)`;
    database.run(casesText(table, numbers));
  }
  database.close();
  await measureLists("nats", backend.models!);
  await backend.close();
  await Deno.remove(folder, { recursive: true });
}

async function emptyTable(backend: Backend): Promise<string> {
  await new Projector(backend.models!, projectedModels()).catchUp();
  const found = (await backend.models!.builds()).find(({ name }) => name === "cases")!;
  return `cases_${found.id}`;
}

/** Cases as a year of work leaves them: most are closed, one in 500 waits for a person. */
function casesText(table: string, numbers: string): string {
  const at = "'2026-01-01T00:00:00.000Z'";
  const cast = table.includes(".") ? `${at}::timestamptz` : at;
  return `insert into ${table} (_partition, case_id, version, latest, position, state, waits_for, organization, decided_at,
      review_since)
    select i % 16, 'case-' || i, 5, case when i % 3 = 0 then 'case.completed' else 'case.intake' end, i,
      case when i % 3 = 0 then 'completed' else 'received' end,
      case when i % 500 = 0 then 'caseworker' else 'instalment' end, 'organization ' || (i % 40), ${cast},
      case when i % 500 = 0 then ${cast} end
    from ${numbers}`;
}

async function measureLists(store: string, models: ModelStore): Promise<void> {
  const times = caseListQueries.map((): number[] => []);
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [name, query]] of caseListQueries.entries()) {
      const began = performance.now();
      await models.find(findModel(name)!.model, query);
      times[i]!.push(performance.now() - began);
    }
  }
  const { user, system } = process.cpuUsage(before);
  for (const [i, [name, { where = {}, orderBy }]] of caseListQueries.entries()) {
    print(`${store}: ${name} by ${[...Object.keys(where), orderBy].join(", ")}: ${spread(times[i]!)}`);
  }
  const each = (user + system) / 1000 / ROUNDS / caseListQueries.length;
  print(
    `${store}: all: ${spread(times.flat())}; processor time of this process ${each.toFixed(2)} ms a list`,
  );
}

function spread(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!.toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
