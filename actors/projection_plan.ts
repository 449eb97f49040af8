/** What a projector does next, decided from how the builds of its read models stand. Pure. @module */
import type { ModelBuild, ModelShape } from "../backends/projections.ts";
import type { ProjectedModel } from "./projection.ts";

/** A build to be fed, and up to where. */
export interface FedBuild extends ProjectedModel {
  readonly build: ModelBuild;
  /** The build that is read, which this one is compared with and takes the place of; undefined for the one that is read. */
  readonly replaces: ModelBuild | undefined;
}

interface ProjectionPlan {
  /** Names of models whose build under way holds what the log does not: it is dropped. */
  readonly drop: readonly string[];
  /** Shapes of which a build must be begun. */
  readonly begin: readonly ModelShape[];
  /** Those that are being built come first: they catch up with where what they replace stands now. */
  readonly feed: readonly FedBuild[];
}

/** Which builds to begin and to feed. A read model that a newer program made is left alone. */
export function planProjections(
  models: readonly ProjectedModel[],
  builds: readonly ModelBuild[],
): ProjectionPlan {
  const drop = builds.filter(({ state, isAhead }) => state === "building" && isAhead).map(({ name }) => name);
  const begin: ModelShape[] = [];
  const feed: FedBuild[] = [];
  for (const model of models) {
    const { serving, building } = buildsOf(model.shape, builds);
    if (serving !== undefined && serving.version > model.shape.version) continue;
    const isCurrent = serving?.hash === model.shape.hash && !serving.isAhead;
    if (isCurrent) feed.push({ ...model, build: serving, replaces: undefined });
    if (building !== undefined) feed.push({ ...model, build: building, replaces: comparable(serving) });
    else if (!isCurrent) begin.push(model.shape);
  }
  return { drop, begin, feed: feed.toSorted((a, b) => rank(a) - rank(b)) };
}

function rank({ build }: FedBuild): number {
  return build.state === "serving" ? 1 : 0;
}

/** The build of a model that is read, and the one of this shape that is under way. */
function buildsOf(
  { name, hash }: Pick<ModelShape, "name" | "hash">,
  builds: readonly ModelBuild[],
): { readonly serving: ModelBuild | undefined; readonly building: ModelBuild | undefined } {
  const own = builds.filter((build) => build.name === name);
  return {
    serving: own.find(({ state }) => state === "serving"),
    building: own.find((build) => build.state === "building" && build.hash === hash && !build.isAhead),
  };
}

/** The build that is read, where another one can come to stand beside it: not when it is held, or holds what the log does not. */
function comparable(serving: ModelBuild | undefined): ModelBuild | undefined {
  const isStuck = serving?.isAhead || serving?.progress.some(({ held }) => held !== null);
  return isStuck ? undefined : serving;
}

/** Builds that stand at the same place share what is read of the log: the groups. */
export function inStep(feed: readonly FedBuild[]): readonly (readonly FedBuild[])[] {
  const placeOf = ({ build, replaces }: FedBuild) =>
    JSON.stringify([
      build.progress.map(({ checkpoint, held }) => [checkpoint, held !== null]),
      replaces && checkpointsOf(replaces),
    ]);
  return [...Map.groupBy(feed, placeOf).values()];
}

/** By partition. */
export function checkpointsOf({ progress }: ModelBuild): readonly number[] {
  return progress.map(({ checkpoint }) => checkpoint);
}
