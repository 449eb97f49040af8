/** Read models on PostgreSQL: found by their indexes, rebuilt over a kill -9, and kept by commands. @module */
import { assert, assertEquals } from "@std/assert";
import postgres from "postgres";
import { findModel, projectedModels } from "../../../actors/case_list.ts";
import { Projector } from "../../../actors/projector.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { ModelBuild, RowQuery } from "../../../backends/projections.ts";
import { openPostgres } from "../../../backends/postgres/postgres_backend.ts";
import { findText } from "../../../backends/postgres/projections/statements.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { caseListQueries, filling, rebuilt } from "../../support/read_models/rebuilds.ts";
import { assertRefused, Program, run, runHere } from "../../support/program.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";

let server: TestPostgres;
Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

async function withStore(work: (backend: Backend, sql: postgres.Sql, url: string) => Promise<void>) {
  const url = await server.freshStore();
  const backend = await openPostgres({ url });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await work(backend, sql, url);
  } finally {
    await backend.close();
    await sql.end();
  }
}

const CASES = 50_000;

/** Cases as a year of work leaves them: most are closed, one in 500 waits for a person. */
const MANY_CASES = (table: string) =>
  `insert into ${table} (_partition, case_id, version, latest, position, state, waits_for, organization, opened_at,
    updated_at, decided_at, review_since)
  select i % 16, 'case-' || i, 5, (array['case.completed', 'case.decision', 'case.intake'])[1 + i % 3], i * 7919 % 1000003,
    (array['completed', 'in_payment_plan', 'received'])[1 + i % 3], case when i % 500 = 0 then 'caseworker' else 'instalment' end,
    'organization ' || i % 40, now(), now(), case when i % 3 < 2 then now() end,
    case when i % 500 = 0 then now() - i * interval '1 second' end
  from generate_series(1, ${CASES}) i`;

function parametersOf({ where = {}, beyond }: RowQuery): string[] {
  return [...Object.values(where), ...beyond === undefined ? [] : [beyond]].map(String);
}

Deno.test("lists over 50,000 cases are read by an index, and without sorting them", async () => {
  await withStore(async ({ models }, sql) => {
    await new Projector(models!, projectedModels()).catchUp();
    const [{ id }] = (await models!.builds()).filter(({ name }) => name === "cases") as [ModelBuild];
    await sql.unsafe(MANY_CASES(`zaakstroom_models.cases_${id}`));
    await sql.unsafe(`analyze zaakstroom_models.cases_${id}`);
    for (const [name, query] of caseListQueries) {
      const { model } = findModel(name)!;
      const text = `explain (format text) ${findText(model, query)}`;
      const plan = (await sql.unsafe(text, parametersOf(query)))
        .map((row) => row["QUERY PLAN"]).join("\n");
      const isOne = query.limit === 1;
      assert(
        !/Seq Scan/.test(plan) && (isOne || !/Sort/.test(plan)),
        `${name} ${JSON.stringify(query)}\n${plan}`,
      );
    }
  });
});

Deno.test("a rebuild under load that is killed half-way is gone on with, and equal to a fresh one", async () => {
  await withStore(async (backend, _sql, url) => {
    const models = backend.models!;
    for (let n = 0; n < 4; n++) {
      await backend.append(Array.from({ length: 2_000 }, (_, i) => anEvent(`case-${i}`, n + 1)));
    }
    await new Projector(models, projectedModels()).catchUp();
    await using node = Program.start([
      "start",
      "--url",
      url,
      "--port",
      "0",
      "--simulate",
      "20/sec",
      "--node",
      "doomed",
    ], {
      asNode: true,
    });
    await node.serving();
    await models.begin(projectedModels(["cases"])[0]!.shape);
    const begun = (await models.builds()).findLast(({ name }) => name === "cases")!;
    await filling(backend, begun.id);
    await node.kill9();
    // Under the same name, as its guardian would start it again: its claim is its own.
    const projector = new Projector(models, projectedModels(), { projector: "doomed" });
    const state = async () => (await models.builds()).find(({ id }) => id === begun.id)!.state;
    while (await state() === "building") await projector.step();
    const fresh = await rebuilt(backend, projector);
    assertEquals(fresh.differences, 0);
  });
});

Deno.test("commands show read models, make one anew, go back and drop", async () => {
  await withStore(async (backend, sql, url) => {
    await backend.append([anEvent("a", 1), anEvent("b", 1)]);
    const json = async (...args: string[]) => {
      const { code, out, err } = await runHere([...args, "--json", "--url", url]);
      assertEquals(code, 0, err);
      return JSON.parse(out);
    };
    await json("cases", "list");
    const listed = (await json("projections", "list")).projections;
    assertEquals(
      listed.map(({ name, part_of, served }: Record<string, unknown>) => [name, part_of, served]),
      [
        ["cases", null, true],
        ["flow_per_day", null, false],
        ["review_queue", "cases", true],
        ["processing_times", "cases", true],
      ],
    );
    const { build, differences } = await json("projections", "rebuild", "review_queue");
    assertEquals(differences, 0);
    await json("projections", "rebuild", "cases", "--back");
    const { builds } = await json("projections", "status", "cases");
    assertEquals(
      builds.map((each: Record<string, unknown>) => [each.build === build, each.state, each.behind]),
      [
        [false, "serving", 0],
        [true, "previous", 0],
      ],
    );
    const rows = await sql`select case_id, amount::text from zaakstroom_models.cases order by case_id`;
    assertEquals([...rows], [{ case_id: "a", amount: "1250.50" }, { case_id: "b", amount: "1250.50" }]);
    assertEquals((await json("projections", "drop", "cases", "--unread")).dropped, 1);
    assertEquals((await json("projections", "drop", "cases")).dropped, 1);
    assertEquals((await json("cases", "list")).cases.length, 2);
  });
});

Deno.test("what commands on read models can't do is refused in one line", async () => {
  const url = await server.freshStore();
  const refused: readonly (readonly [string[], number, RegExp])[] = [
    [["rebuild"], exitCodes.usage, /takes one NAME/],
    [["rebuild", "nothing"], exitCodes.notFound, /^There is no projection nothing/],
    [["rebuild", "cases", "--back"], exitCodes.notFound, /nothing to go back to/],
    [["status", "nothing"], exitCodes.notFound, /^There is no projection nothing/],
    [["drop", "review_queue"], exitCodes.usage, /it is a part of cases/],
    [["drop", "nothing"], exitCodes.notFound, /^There is no build of nothing/],
  ];
  for (const [args, code, message] of refused) {
    assertRefused(await runHere(["projections", ...args, "--url", url]), code, message);
  }
  const started = await run(["start", "--projections", "nothing", "--url", url, "--port", "0"], {
    asNode: true,
  });
  assertRefused(started, exitCodes.usage, /there is no projection nothing/);
});
