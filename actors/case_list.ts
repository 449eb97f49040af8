/** The list of cases and the review list, from the read models where a store keeps them. @module */
import type { Backend, CaseSummary, ListOptions } from "../backends/backend.ts";
import { BackendReadOnly, InsufficientRights } from "../backends/errors.ts";
import type { ModelStore, ReadableModel, Row, RowQuery } from "../backends/projections.ts";
import type { StoredEvent } from "../schema/delivery_line.ts";
import { projections, selections } from "./application.ts";
import { readEvent } from "./projection_fold.ts";
import { type ProjectedModel, readableModel, readableSelection, shapeOf } from "./projection.ts";
import { Projector } from "./projector.ts";

/** Events of a partition that a client reads at once: it has nothing else to do. */
const EVENTS_PER_READ = 250;

/** The read models of the application by name, or those of these names. */
export function projectedModels(names?: readonly string[]): readonly ProjectedModel[] {
  return projections.filter(({ name }) => names === undefined || names.includes(name))
    .map((projection) => ({ projection, shape: shapeOf(projection, selections) }));
}

/** A read model or a part of one by its name, as readers know it; undefined where there is none. */
export function findModel(
  name: string,
): { readonly model: ReadableModel; readonly projection: string } | undefined {
  const projection = projections.find((each) => each.name === name);
  if (projection !== undefined) return { model: readableModel(projection), projection: name };
  const selection = selections.find((each) => each.name === name);
  const of = projections.find((each) => each.name === selection?.of);
  return selection && of && { model: readableSelection(selection, of), projection: of.name };
}

/**
 * Brings a read model up to everything that is stored, and reads rows of it. Reads no more of the log than is new. Undefined: the
 * server takes no writes, and none was made there before.
 */
export async function findRows(
  models: ModelStore,
  name: string,
  query: RowQuery,
): Promise<readonly Row[] | undefined> {
  const { model, projection } = findModel(name)!;
  await catchUp(models, [projection]);
  return await models.find(model, query);
}

/**
 * The read models that a list is read from. A store with a list of its own has them on the nodes that keep them: who would have to
 * read the whole log first, reads that list. Undefined where it is to be read.
 */
export async function listedModels(
  { models, listCases }: Pick<Backend, "models" | "listCases">,
  name: string,
): Promise<ModelStore | undefined> {
  if (models === undefined || listCases === undefined) return models;
  const { projection } = findModel(name)!;
  const isServed = (await models.builds()).some((build) =>
    build.name === projection && build.state === "serving"
  );
  return isServed ? models : undefined;
}

/** On a read-only server a model stays as the primary left it, and for who may only read it as a node did. */
async function catchUp(models: ModelStore, names: readonly string[]): Promise<void> {
  try {
    await new Projector(models, projectedModels(names), { limit: EVENTS_PER_READ }).catchUp();
  } catch (error) {
    if (!(error instanceof BackendReadOnly || error instanceof InsufficientRights)) throw error;
  }
}

/** Cases by latest change, newest first. */
export async function listCases(
  backend: Backend,
  { limit = 20, latest }: ListOptions = {},
): Promise<readonly CaseSummary[]> {
  const models = await listedModels(backend, "cases");
  if (models === undefined) {
    return await backend.listCases!({ limit, ...latest === undefined ? {} : { latest } });
  }
  const where = latest === undefined ? {} : { latest };
  const query = { where, orderBy: "position", descending: true, limit };
  return (await findRows(models, "cases", query) ?? []).map(summaryOf);
}

/** Which part of the list of cases. */
interface CasePageQuery {
  /** Columns of the read model that must hold these values: `state`, `waits_for`, `organization`, `latest`. */
  readonly where: Readonly<Record<string, string>>;
  readonly limit: number;
  /** Only cases whose latest change is older, or newer, than the event at this position. */
  readonly olderThan?: number | undefined;
  readonly newerThan?: number | undefined;
}

/** A page of the list of cases, by latest change, newest first: rows of the read model `cases`. */
export async function casePage(
  models: ModelStore,
  { where, limit, olderThan, newerThan }: CasePageQuery,
): Promise<readonly Row[]> {
  const isBackwards = newerThan !== undefined;
  const query = {
    where,
    orderBy: "position",
    descending: !isBackwards,
    limit,
    beyond: newerThan ?? olderThan,
  };
  const rows = await findRows(models, "cases", query) ?? [];
  return isBackwards ? rows.toReversed() : rows;
}

/** The same row of one case, from its history: of a store without read models. Undefined for one without an event that can be read. */
export function caseRowOf(history: readonly StoredEvent[]): Row | undefined {
  const { projection } = projectedModels(["cases"])[0]!;
  let row: Row | undefined;
  for (const stored of history) {
    const read = readEvent(stored);
    if (read.kind === "event") row = projection.project(read.decoded, row) ?? undefined;
  }
  return row;
}

function summaryOf(row: Row): CaseSummary {
  const { case_id, version, latest, opened_at, updated_at } = row as Record<string, string>;
  return {
    caseId: case_id!,
    version: Number(version),
    latest: latest!,
    openedAt: opened_at!,
    updatedAt: updated_at!,
  };
}
