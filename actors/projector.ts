/** Feeds read models from the log: begins, fills, compares and switches their builds. @module */
import type { LogQuery, ModelBuild, ModelChange, ModelStore, Row } from "../backends/projections.ts";
import { foldSlice, keysOf, type ReadEvent, readEvent, rowKeyText } from "./projection_fold.ts";
import { checkpointsOf, type FedBuild, inStep, planProjections } from "./projection_plan.ts";
import type { ProjectedModel } from "./projection.ts";

interface ProjectorOptions {
  /** The name under which builds are claimed; without, none is, and only what is read is brought up to date. */
  readonly projector?: string;
  /** Events of a partition that are read at once. Default 32: a node decodes them on the thread of its supervisor. */
  readonly limit?: number;
}

const LIMIT = 32;
/** How long a projector that stopped keeps others out. */
const CLAIM_MS = 10_000;
/** A build that never stands where the one it replaces does, which others feed, is compared no more after this many tries. */
const COMPARISONS = 50;

/** What a step came to. `behind`: there is more to do at once. */
export type StepOutcome = "behind" | "moved" | "idle";

/** A partition behind this position has nothing to read. */
const NOTHING = Number.MAX_SAFE_INTEGER;

export class Projector {
  readonly #store: ModelStore;
  readonly #models: readonly ProjectedModel[];
  readonly #options: ProjectorOptions;
  /** Builds whose held partitions were tried again: a newer program may get past what held an older one. */
  readonly #retried = new Set<number>();
  /** When builds were last claimed. */
  readonly #claims = new Map<number, number>();
  /** Comparisons that found the other build elsewhere, by build. */
  readonly #tries = new Map<number, number>();

  constructor(store: ModelStore, models: readonly ProjectedModel[], options: ProjectorOptions = {}) {
    this.#store = store;
    this.#models = models;
    this.#options = options;
  }

  /** Takes every read model a slice further. */
  async step(): Promise<StepOutcome> {
    const { drop, begin, feed } = planProjections(this.#models, await this.#store.builds());
    for (const name of drop) await this.#store.drop(name, "unread");
    for (const shape of begin) await this.#store.begin(shape);
    const outcomes: StepOutcome[] = begin.length > 0 ? ["behind"] : [];
    for (const group of inStep(await this.#ours(feed))) outcomes.push(...await this.#feed(group));
    return worst(outcomes);
  }

  /** Brings what is read up to everything that was stored at the call, and builds what is not read yet. */
  async catchUp(): Promise<void> {
    while (await this.step() === "behind");
  }

  /** The builds that this projector feeds now. A client leaves a rebuild to those who claim it. */
  async #ours(feed: readonly FedBuild[]): Promise<readonly FedBuild[]> {
    const { projector } = this.#options;
    if (projector === undefined) {
      return feed.filter(({ build, replaces }) => build.state === "serving" || replaces === undefined);
    }
    const claimed = await Promise.all(feed.map(({ build }) => this.#claim(build.id, projector)));
    return feed.filter((_, i) => claimed[i]);
  }

  /** A claim is renewed when half of it is over: each one is a write. */
  async #claim(build: number, projector: string): Promise<boolean> {
    const now = performance.now();
    if ((this.#claims.get(build) ?? -Infinity) > now - CLAIM_MS / 2) return true;
    const isOurs = await this.#store.claim(build, projector, CLAIM_MS);
    if (isOurs) this.#claims.set(build, now);
    else this.#claims.delete(build);
    return isOurs;
  }

  /** Feeds builds that stand at the same place. */
  async #feed(group: readonly FedBuild[]): Promise<StepOutcome[]> {
    const { build, replaces } = group[0]!;
    const limit = this.#options.limit ?? LIMIT;
    const query: LogQuery = {
      after: this.#readFrom(build),
      limit,
      upTo: replaces && checkpointsOf(replaces),
    };
    const slices = (await this.#store.read(query)).map((events) => events.map(readEvent));
    const outcomes: StepOutcome[] = [];
    for (const each of group) outcomes.push(await this.#feedOne(each, slices, limit));
    return outcomes;
  }

  /** A held partition is tried again once by each projector. */
  #readFrom({ id, progress }: ModelBuild): readonly number[] {
    const isRetried = this.#retried.has(id);
    this.#retried.add(id);
    return progress.map(({ checkpoint, held }) => held !== null && isRetried ? NOTHING : checkpoint);
  }

  async #feedOne(
    fed: FedBuild,
    slices: readonly (readonly ReadEvent[])[],
    limit: number,
  ): Promise<StepOutcome> {
    const { build, shape } = fed;
    const changes = (await this.#fold(fed, slices)).filter((change) => isChange(change, build));
    const committed = changes.length === 0 ? [] : await this.#store.commit(build.id, shape, changes);
    const isFull = changes.some(({ partition, held }) => held === null && slices[partition]!.length >= limit);
    if (isFull || committed.length < changes.length) return "behind";
    if (build.state === "building") return await this.#finish(fed, changes);
    return committed.length > 0 ? "moved" : "idle";
  }

  async #fold({ build, projection, shape }: FedBuild, slices: readonly (readonly ReadEvent[])[]) {
    const pending = slices.map((events, partition) => ({
      partition,
      from: build.progress[partition]!.checkpoint,
      events,
    })).filter(({ events }) => events.length > 0);
    const keys = pending.flatMap(({ partition, events }) => keysOf(projection, partition, events));
    const before = new Map<string, Row>();
    const found = keys.length === 0 ? [] : await this.#store.rows(build.id, shape, keys);
    for (const each of found) before.set(rowKeyText(each), each.row!);
    return pending.map((slice) => foldSlice(projection, slice, before));
  }

  /** Has a build read that has caught up: with the end of the log, or with the one it replaces, and then compared. */
  async #finish({ build, replaces }: FedBuild, changes: readonly ModelChange[]): Promise<StepOutcome> {
    if (replaces === undefined) {
      await this.#store.serve(build.id, null);
      return "moved";
    }
    if (!standsWith(build, changes, replaces)) return changes.length > 0 ? "behind" : "idle";
    const differences = await this.#store.differences(build.id, replaces.id);
    const tries = (this.#tries.get(build.id) ?? 0) + 1;
    this.#tries.set(build.id, tries);
    if (differences === null && tries < COMPARISONS) return "moved";
    this.#tries.delete(build.id);
    await this.#store.serve(build.id, differences);
    return "behind";
  }
}

function worst(outcomes: readonly StepOutcome[]): StepOutcome {
  if (outcomes.includes("behind")) return "behind";
  return outcomes.includes("moved") ? "moved" : "idle";
}

/** A slice that changes nothing is not written, such as one that stops at once at the event that held it before. */
function isChange({ from, to, held, partition }: ModelChange, { progress }: ModelBuild): boolean {
  return to > from || held?.position !== progress[partition]!.held?.position;
}

function standsWith(build: ModelBuild, changes: readonly ModelChange[], other: ModelBuild): boolean {
  const reached = [...checkpointsOf(build)];
  for (const { partition, to } of changes) reached[partition] = to;
  return checkpointsOf(other).every((checkpoint, partition) => reached[partition] === checkpoint);
}
