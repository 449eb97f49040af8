/** Conformance: read models, where a store keeps them. @module */
import { assert, assertEquals } from "@std/assert";
import { cases } from "../../../actors/projections/cases.ts";
import { flowPerDay } from "../../../actors/projections/flow_per_day.ts";
import {
  type AnyProjection,
  type ProjectedModel,
  readableModel,
  shapeOf,
} from "../../../actors/projection.ts";
import { Projector } from "../../../actors/projector.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { ModelBuild, ModelStore, Row, RowQuery } from "../../../backends/projections.ts";
import { anEvent, casesIn, someEvents } from "../../support/events.ts";
import type { ConformanceCase } from "../conformance_case.ts";
import type { Fixture } from "../fixture.ts";

const both = [modelOf(cases), modelOf(flowPerDay)];

function modelOf(projection: AnyProjection): ProjectedModel {
  return { projection, shape: shapeOf(projection, []) };
}

/** The store of read models, or nothing to test. */
async function modelsOf({ harness }: Fixture): Promise<{ backend: Backend; models: ModelStore } | undefined> {
  const backend = await harness.backend();
  assertEquals(backend.models !== undefined, backend.features.readModels);
  return backend.models && { backend, models: backend.models };
}

/** A case of the suite that asks for nothing where no read models are kept. */
function aCase(
  name: string,
  test: (models: ModelStore, backend: Backend, fixture: Fixture) => Promise<void>,
  needs?: ConformanceCase["needs"],
): ConformanceCase {
  return {
    name,
    ...(needs === undefined ? {} : { needs }),
    async run(fixture) {
      const found = await modelsOf(fixture);
      if (found !== undefined) await test(found.models, found.backend, fixture);
    },
  };
}

async function buildsOf(models: ModelStore, name = "cases"): Promise<ModelBuild[]> {
  return (await models.builds()).filter((build) => build.name === name);
}

async function days(models: ModelStore): Promise<readonly Row[]> {
  return await models.find(readableModel(flowPerDay), { orderBy: "day", limit: 10 }) ?? [];
}

async function listed(models: ModelStore): Promise<unknown[]> {
  const rows = await models.find(readableModel(cases), { orderBy: "position", limit: 100 });
  return (rows ?? []).map(({ case_id, version, state }) => [case_id, version, state]);
}

const states = async (models: ModelStore) => (await buildsOf(models)).map(({ state }) => state).sort();

export const readModelCases: ConformanceCase[] = [
  aCase(
    "of several projectors at work each event counts once in a read model (I2)",
    async (models, backend) => {
      const ids = Array.from({ length: 30 }, (_, i) => `case-${i}`);
      const projectors = [1, 2, 3].map(() => new Projector(models, both, { limit: 2 }));
      await projectors[0]!.step();
      await Promise.all([
        ...ids.map((id) => backend.append(someEvents(id, 3))),
        ...projectors.map((projector) => projector.catchUp()),
      ]);
      await Promise.all(projectors.map((projector) => projector.catchUp()));
      assertEquals((await days(models)).map(({ received, claimed }) => [received, claimed]), [[
        90,
        90 * 125_050,
      ]]);
      assertEquals((await listed(models)).length, 30);
    },
  ),
  aCase(
    "rows behind a place in the order are the next page, whichever way it runs",
    async (models, backend) => {
      for (const id of ["a", "b", "c", "d"]) await backend.append([anEvent(id, 1)]);
      await new Projector(models, both).catchUp();
      const read = async (query: Omit<RowQuery, "orderBy">) => {
        const rows = await models.find(readableModel(cases), { orderBy: "position", ...query });
        return rows!.map(({ case_id, position }) => [case_id, position] as [string, number]);
      };
      const all = await read({ descending: true, limit: 9 });
      const next = await read({ descending: true, limit: 2, beyond: all[0]![1] });
      assertEquals(next, all.slice(1, 3));
      const back = await read({ where: { state: "received" }, limit: 2, beyond: all[2]![1] });
      assertEquals(back, [all[1], all[0]]);
      assertEquals(await read({ limit: 2, beyond: all[0]![1] }), []);
    },
  ),
  aCase("a row is committed only from the checkpoint that it was made from", async (models, backend) => {
    await backend.append([anEvent("a", 1)]);
    const projector = new Projector(models, both);
    await projector.catchUp();
    const [build] = await buildsOf(models, "flow_per_day");
    const { shape } = both[1]!;
    const change = {
      ...{ partition: 0, from: 4711, to: 4712, lastEvent: null, held: null, skipped: 0, lastSkipped: null },
      writes: [{ partition: 0, values: ["2026-01-01"], row: null }],
    };
    assertEquals(await models.commit(build!.id, shape, [change]), []);
    assertEquals((await days(models)).map(({ received }) => received), [1]);
  }),
  aCase(
    "a build is claimed by one projector at a time, until its claim runs out",
    async (models, _backend, fixture) => {
      await models.begin(both[0]!.shape);
      const [{ id }] = await buildsOf(models) as [ModelBuild];
      assertEquals([await models.claim(id, "one", 300), await models.claim(id, "two", 300)], [true, false]);
      assert(await models.claim(id, "one", 300), "its own claim is renewed");
      await fixture.until("the claim runs out", () => models.claim(id, "two", 10_000));
      assertEquals(await models.claim(id, "one", 300), false);
      await models.serve(id, null);
      assert(await models.claim(id, "one", 300), "what is served is free for who keeps it");
    },
  ),
  aCase(
    "a rebuild runs beside what is read, is compared, takes its place and can be gone back from",
    async (models, backend) => {
      await backend.append([...someEvents("a", 3), ...someEvents("b", 2)]);
      const projector = new Projector(models, both, { projector: "one", limit: 2 });
      await projector.catchUp();
      const [first] = await buildsOf(models);
      await models.begin(both[0]!.shape);
      await projector.step();
      assertEquals(await states(models), ["building", "serving"]);
      await backend.append([anEvent("a", 4)]);
      while ((await states(models)).includes("building")) await projector.step();
      const served = (await buildsOf(models)).find(({ state }) => state === "serving")!;
      assert(served.id !== first!.id);
      assertEquals([served.differences, await states(models)], [0, ["previous", "serving"]]);
      await projector.catchUp();
      const after = await listed(models);
      assertEquals(after.length, 2);
      await models.serve(first!.id, null);
      await projector.catchUp();
      assertEquals(await listed(models), after, "the one before goes on where it was");
    },
  ),
  aCase("a comparison counts the rows that differ", async (models, backend) => {
    await backend.append([anEvent("a", 1), anEvent("b", 1)]);
    const projector = new Projector(models, both, { projector: "one" });
    await projector.catchUp();
    const version = cases.version + 1;
    const other: AnyProjection = {
      ...cases,
      version,
      project: (event, row) => ({
        ...cases.project(event, row)!,
        ...(event.event.correlation_id === "b" ? { state: "odd" } : {}),
      }),
    };
    await new Projector(models, [modelOf(other)], { projector: "one" }).catchUp();
    const served = (await buildsOf(models)).find(({ state }) => state === "serving")!;
    assertEquals([served.version, served.differences], [version, 2]);
  }),
  aCase(
    "a new shape is built and served by itself, and a program of before leaves it alone",
    async (models, backend) => {
      await backend.append([anEvent("a", 1)]);
      await new Projector(models, both, { projector: "old" }).catchUp();
      const columns = { ...cases.columns, extra: "text" } as const;
      const project: AnyProjection["project"] = (event, row) => ({
        ...cases.project(event, row)!,
        extra: "new",
      });
      const newer: AnyProjection = { ...cases, version: 3, columns, project };
      await new Projector(models, [modelOf(newer)], { projector: "new" }).catchUp();
      const found = await models.find({ name: "cases", columns: { extra: "text" } }, {
        orderBy: "extra",
        limit: 5,
      });
      assertEquals(found, [{ extra: "new" }]);
      await new Projector(models, both, { projector: "old" }).catchUp();
      const serving = (await buildsOf(models)).filter(({ state }) => state === "serving");
      assertEquals(serving.map(({ version }) => version), [newer.version]);
    },
  ),
  aCase(
    "a projection that can't take an event names it, and holds only itself and that partition",
    async (models, backend) => {
      const [[a, b], [c]] = [casesIn(0, backend.partitions, 2), casesIn(1, backend.partitions, 1)] as [
        [string, string],
        [string],
      ];
      const project: AnyProjection["project"] = (event, row) => {
        if (event.event.event_type === "case.analysis") throw new RangeError("123456782");
        return cases.project(event, row);
      };
      const failing = modelOf({ ...cases, name: "failing", project });
      await backend.append([anEvent(a, 1), anEvent(a, 1, "case.analysis"), anEvent(b, 1), anEvent(c, 1)]);
      const projector = new Projector(models, [failing, both[0]!], { projector: "one" });
      await projector.catchUp();
      const [{ progress }] = await buildsOf(models, "failing") as [ModelBuild];
      const { position, eventId, eventType, reason } = progress[0]!.held!;
      assertEquals([eventId, eventType], [anEvent(a, 1, "case.analysis").event_id, "case.analysis"]);
      assertEquals(reason, "the projection failed: RangeError");
      assert(position > progress[0]!.checkpoint);
      assertEquals(progress.slice(1).map(({ held }) => held).filter((held) => held !== null), []);
      assertEquals((await listed(models)).length, 3, "the other projection goes on");
      assertEquals(await projector.step(), "idle");
      await new Projector(models, [modelOf({ ...cases, name: "failing" }), both[0]!], { projector: "one" })
        .catchUp();
      const [mended] = await buildsOf(models, "failing");
      assertEquals(mended!.progress[0]!.held, null, "a program that can take it goes on");
    },
  ),
  aCase("an event of a kind that only a newer program knows holds its partition", async (models, backend) => {
    const [a] = casesIn(0, backend.partitions, 1) as [string];
    const unknown = { ...anEvent(a, 2), metadata: { schema_version: 99 } };
    await backend.append([anEvent(a, 1), unknown, anEvent(a, 3)]);
    await new Projector(models, both).catchUp();
    const [{ progress }] = await buildsOf(models) as [ModelBuild];
    assertEquals([progress[0]!.held?.eventId, progress[0]!.skipped], [unknown.event_id, 0]);
    assertEquals(Math.max(...(await models.pending()).values()), 2, "what waits behind it is counted");
    assertEquals(await listed(models), [[a, 1, "received"]]);
  }),
  aCase("what is no event is passed over, counted and named", async (models, backend, { harness }) => {
    const [a] = casesIn(0, backend.partitions, 1) as [string];
    await backend.append([anEvent(a, 1)]);
    await harness.plantGarbage!(a);
    await backend.append([anEvent(a, 2)]);
    await new Projector(models, both).catchUp();
    const [{ progress }] = await buildsOf(models) as [ModelBuild];
    assertEquals([progress[0]!.skipped, progress[0]!.held], [1, null]);
    assert(!progress[0]!.lastSkipped!.reason.includes("garbage"));
    assertEquals(await listed(models), [[a, 3, "received"]]);
  }, "plantGarbage"),
  aCase(
    "a dropped read model is made anew, and what is not read can go by itself",
    async (models, backend) => {
      await backend.append([anEvent("a", 1)]);
      const projector = new Projector(models, both);
      await projector.catchUp();
      await models.begin(both[0]!.shape);
      assertEquals([await models.drop("cases", "unread"), await states(models)], [1, ["serving"]]);
      assertEquals(await models.drop("cases", "all"), 1);
      assertEquals(await models.find(readableModel(cases), { orderBy: "position", limit: 1 }), undefined);
      await projector.catchUp();
      assertEquals(await listed(models), [["a", 1, "received"]]);
    },
  ),
];
