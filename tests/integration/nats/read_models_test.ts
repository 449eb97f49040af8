/** Read models on JetStream: found by their indexes, rebuilt over a kill -9, kept by commands, and made anew. @module */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { findModel, projectedModels } from "../../../actors/case_list.ts";
import { Projector } from "../../../actors/projector.ts";
import type { Backend } from "../../../backends/backend.ts";
import { ModelDatabase } from "../../../backends/nats/models/database.ts";
import { findText } from "../../../backends/nats/models/statements.ts";
import { openNats } from "../../../backends/nats/nats_backend.ts";
import type { ModelBuild } from "../../../backends/projections.ts";
import { exitCodes } from "../../../console/cli/exit_codes.ts";
import { anEvent } from "../../support/events.ts";
import { caseListQueries, filling, rebuilt } from "../../support/read_models/rebuilds.ts";
import { assertRefused, Program, runHere } from "../../support/program.ts";
import { startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

const PARTITIONS = 4;
let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

type Work = (backend: Backend, file: string, flags: readonly string[]) => Promise<void>;

/** A store of its own on a server of its own, since commands know one stream, and the file of a node's read models. */
async function withStore(work: Work): Promise<void> {
  await using own = await startNats();
  const folder = await Deno.makeTempDir({ prefix: "zs-models-" });
  const file = join(folder, "models.sqlite");
  const backend = await openNats({ url: own.url, syncAlways: true, models: file });
  try {
    await work(backend, file, ["--backend", "nats", "--url", own.url, "--models-file", file]);
  } finally {
    await backend.close();
    await Deno.remove(folder, { recursive: true });
  }
}

let streams = 0;

/** Opens a store on the shared server, with its read models in a file or in memory. */
function openStore(models?: string, stream = `MODELS_${++streams}`): Promise<Backend> {
  return openNats({ url: server.url, syncAlways: true, stream, partitions: PARTITIONS, models });
}

const listed = async ({ models }: Backend) =>
  await models!.find(findModel("cases")!.model, { orderBy: "case_id", limit: 10_000 });

const CASES = 50_000;

/** Cases as a year of work leaves them: most are closed, one in 500 waits for a person. */
const MANY_CASES = (table: string) =>
  `insert into ${table} (_partition, case_id, version, latest, position, state, waits_for, organization, decided_at, review_since)
  with recursive n (i) as (select 1 union all select i + 1 from n where i < ${CASES})
  select i % 4, 'case-' || i, 5, iif(i % 3 = 0, 'case.completed', 'case.intake'), i * 7919 % 1000003,
    iif(i % 3 = 0, 'completed', 'received'), iif(i % 500 = 0, 'caseworker', 'instalment'), 'organization ' || (i % 40),
    '2026-01-01T00:00:00.000Z', iif(i % 500 = 0, '2026-01-01T00:00:00.000Z', null) from n`;

natsTest("lists over 50,000 cases are read by an index, and without sorting them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "zs-models-" });
  const file = join(folder, "models.sqlite");
  const backend = await openStore(file, "MODELS_PLAN");
  try {
    await new Projector(backend.models!, projectedModels()).catchUp();
    const [{ id }] = (await backend.models!.builds()).filter(({ name }) => name === "cases") as [ModelBuild];
    const database = ModelDatabase.open(file, `MODELS_PLAN/${PARTITIONS}`);
    database.run(MANY_CASES(`cases_${id}`));
    const { shape } = projectedModels(["cases"])[0]!;
    for (const [name, query] of caseListQueries) {
      const text = findText(findModel(name)!.model, shape, id, query);
      const places = [
        ...Object.values(query.where ?? {}),
        ...query.beyond === undefined ? [] : [query.beyond],
      ];
      const plan = database.all(`explain query plan ${text}`, ...places as string[])
        .map(({ detail }) => detail).join("\n");
      const isOne = query.limit === 1;
      assert(
        /USING (?:COVERING )?INDEX/.test(plan) && (isOne || !/TEMP B-TREE/.test(plan)),
        `${name} ${text}\n${plan}`,
      );
    }
    database.close();
  } finally {
    await backend.close();
    await Deno.remove(folder, { recursive: true });
  }
});

natsTest(
  "a rebuild under load that is killed half-way is gone on with, and equal to a fresh one",
  async () => {
    await withStore(async (backend, _file, flags) => {
      const models = backend.models!;
      for (let n = 0; n < 4; n++) {
        await backend.append(Array.from({ length: 2_000 }, (_, i) => anEvent(`case-${i}`, n + 1)));
      }
      await new Projector(models, projectedModels()).catchUp();
      const args = ["start", ...flags, "--port", "0", "--simulate", "20/sec", "--node", "doomed"];
      await using node = Program.start(args, { asNode: true });
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
  },
);

natsTest("commands show read models in a file, make one anew, go back and drop", async () => {
  await withStore(async (backend, file, flags) => {
    await backend.append([anEvent("a", 1), anEvent("b", 1)]);
    const read = async (...args: string[]) => {
      const { code, out, err } = await runHere([...args, ...flags]);
      assertEquals(code, 0, err);
      return out;
    };
    const json = async (...args: string[]) => JSON.parse(await read(...args, "--json"));
    assertEquals((await json("cases", "list")).cases.length, 2, "the list of the store itself");
    assertEquals((await read("export", "--model", "cases")).trim().split("\n").length, 2);
    const { build, differences } = await json("projections", "rebuild", "review_queue");
    assertEquals(differences, 0);
    await backend.append([anEvent("c", 1)]);
    assertEquals((await json("cases", "list")).cases.length, 3, "the read model, brought up to date");
    await json("projections", "rebuild", "cases", "--back");
    const { builds } = await json("projections", "status", "cases");
    assertEquals(
      builds.map((each: Record<string, unknown>) => [each.build === build, each.state]),
      [[false, "serving"], [true, "previous"]],
    );
    const database = ModelDatabase.open(file, `CASES/${backend.partitions}`);
    const rows = database.all("select case_id, amount from cases where case_id < ? order by case_id", "c");
    database.close();
    assertEquals(rows.map((row) => ({ ...row })), [
      { case_id: "a", amount: 1250.5 },
      { case_id: "b", amount: 1250.5 },
    ]);
    assertEquals((await json("projections", "drop", "cases", "--unread")).dropped, 1);
    assertEquals((await json("projections", "drop", "cases")).dropped, 1);
    assertEquals((await json("cases", "list")).cases.length, 3);
    const elsewhere = flags.filter((each) => each !== "--models-file" && each !== file);
    const refused = await runHere(["projections", "status", ...elsewhere]);
    assertRefused(refused, exitCodes.usage, /--models-file/);
  });
});

natsTest("read models of another store, and a file that is none, are made anew from the log", async () => {
  const folder = await Deno.makeTempDir({ prefix: "zs-models-" });
  const file = join(folder, "models.sqlite");
  const ids = async (backend: Backend) => {
    await new Projector(backend.models!, projectedModels()).catchUp();
    const found = (await listed(backend))!.map(({ case_id }) => case_id);
    await backend.close();
    return found;
  };
  await Deno.writeTextFile(file, "no database, but long enough to be read as the header of one".repeat(20));
  const [one, other] = [await openStore(file), await openStore(file)];
  await one.append([anEvent("a", 1)]);
  await other.append([anEvent("b", 1)]);
  assertEquals(await ids(one), ["a"]);
  assertEquals(await ids(other), ["b"]);
  await Deno.remove(folder, { recursive: true });
});

natsTest("a build whose last event the log does not have is made anew", async () => {
  const folder = await Deno.makeTempDir({ prefix: "zs-models-" });
  const file = join(folder, "models.sqlite");
  const before = await openStore(file, "MODELS_AHEAD");
  await before.append([anEvent("a", 1)]);
  await new Projector(before.models!, projectedModels()).catchUp();
  await before.close();
  const database = ModelDatabase.open(file, `MODELS_AHEAD/${PARTITIONS}`);
  database.run("update checkpoints set last_event = ? where last_event is not null", crypto.randomUUID());
  database.close();
  const after = await openStore(file, "MODELS_AHEAD");
  assert((await after.models!.builds()).every(({ isAhead }) => isAhead));
  await new Projector(after.models!, projectedModels(), { projector: "one" }).catchUp();
  const serving = (await after.models!.builds()).filter(({ state }) => state === "serving");
  assertEquals(serving.map(({ isAhead }) => isAhead), [false, false]);
  assertEquals((await listed(after))!.length, 1);
  await after.close();
  await Deno.remove(folder, { recursive: true });
});

natsTest("who keeps no read model makes no file, and lists cases all the same", async () => {
  const folder = await Deno.makeTempDir({ prefix: "zs-models-" });
  const backend = await openStore(join(folder, "models.sqlite"));
  await backend.append([anEvent("a", 1)]);
  assertEquals([await backend.models!.builds(), await listed(backend)], [[], undefined]);
  assertEquals((await backend.listCases!()).length, 1);
  await backend.close();
  assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  await Deno.remove(folder, { recursive: true });
});
