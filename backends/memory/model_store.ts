/** Read models in memory: a map of rows for each build. @module */
import { isDeepStrictEqual } from "node:util";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type {
  BuildProgress,
  BuildState,
  ColumnValue,
  LogQuery,
  ModelBuild,
  ModelChange,
  ModelShape,
  ModelStore,
  ReadableModel,
  Row,
  RowKey,
  RowQuery,
  RowWrite,
} from "../projections.ts";
import { type EventLog, indexBehind, storedEventOf } from "./event_log.ts";
import type { Clock } from "../primitives/clock.ts";

interface Build {
  readonly id: number;
  readonly shape: ModelShape;
  state: BuildState;
  readonly progress: BuildProgress[];
  readonly rows: Map<string, RowWrite>;
  readonly createdAt: number;
  servedAt: number | null;
  differences: number | null;
  claim: { readonly projector: string; readonly until: number } | undefined;
}

const COUNT_UP_TO = 10_000;
const UNREAD: BuildProgress = { checkpoint: 0, held: null, skipped: 0, lastSkipped: null };

export class MemoryModelStore implements ModelStore {
  readonly #log: EventLog;
  readonly #clock: Clock;
  #builds: Build[] = [];
  #nextId = 1;

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  builds(): Promise<readonly ModelBuild[]> {
    return Promise.resolve(this.#builds.map(shown));
  }

  pending(): Promise<ReadonlyMap<number, number>> {
    const pendingOf = ({ progress }: Build) =>
      progress.reduce((sum, { checkpoint }, partition) => {
        const slice = this.#log.slices[partition]!;
        return sum + Math.min(COUNT_UP_TO, slice.length - indexBehind(slice, checkpoint));
      }, 0);
    return Promise.resolve(new Map(this.#builds.map((build) => [build.id, pendingOf(build)])));
  }

  begin(shape: ModelShape): Promise<void> {
    if (this.#builds.some((build) => build.state === "building" && build.shape.hash === shape.hash)) {
      return Promise.resolve();
    }
    this.#builds = this.#builds.filter(({ shape: { name }, state }) =>
      name !== shape.name || state !== "building"
    );
    this.#builds.push({
      ...{
        id: this.#nextId++,
        shape,
        state: "building",
        rows: new Map(),
        differences: null,
        claim: undefined,
      },
      progress: Array.from({ length: this.#log.partitions }, () => UNREAD),
      createdAt: this.#clock.now(),
      servedAt: null,
    });
    return Promise.resolve();
  }

  claim(build: number, projector: string, forMs: number): Promise<boolean> {
    const found = this.#find(build);
    const now = this.#clock.now();
    const isFree = found !== undefined &&
      (found.claim === undefined || found.claim.projector === projector || found.claim.until < now);
    if (isFree) found.claim = { projector, until: now + forMs };
    return Promise.resolve(isFree);
  }

  read({ after, upTo, limit }: LogQuery): Promise<readonly (readonly StoredEvent[])[]> {
    const slices = after.map((position, partition) => {
      const slice = this.#log.slices[partition]!;
      const begin = indexBehind(slice, position);
      const end = Math.min(begin + limit, indexBehind(slice, upTo?.[partition] ?? Infinity));
      return slice.slice(begin, Math.max(begin, end)).map(storedEventOf);
    });
    return Promise.resolve(slices);
  }

  rows(build: number, _shape: ModelShape, keys: readonly RowKey[]): Promise<readonly RowWrite[]> {
    const rows = this.#find(build)?.rows;
    return Promise.resolve(keys.map((key) => rows?.get(keyText(key))).filter((row) => row !== undefined));
  }

  commit(build: number, _shape: ModelShape, changes: readonly ModelChange[]): Promise<readonly number[]> {
    const found = this.#find(build);
    if (found === undefined) return Promise.resolve([]);
    const moved = changes.filter(({ partition, from }) => found.progress[partition]!.checkpoint === from);
    for (const change of moved) apply(found, change);
    return Promise.resolve(moved.map(({ partition }) => partition));
  }

  differences(build: number, other: number): Promise<number | null> {
    const [a, b] = [this.#find(build)!, this.#find(other)!];
    const isApart = a.progress.some(({ checkpoint }, i) => checkpoint !== b.progress[i]!.checkpoint);
    return Promise.resolve(isApart ? null : differingRows(a, b));
  }

  serve(build: number, differences: number | null): Promise<void> {
    const found = this.#find(build)!;
    const isOther = (each: Build, state: BuildState) =>
      each !== found && each.shape.name === found.shape.name && each.state === state;
    this.#builds = this.#builds.filter((each) => !isOther(each, "previous"));
    for (const each of this.#builds) if (isOther(each, "serving")) each.state = "previous";
    Object.assign(found, { state: "serving", servedAt: this.#clock.now(), differences, claim: undefined });
    return Promise.resolve();
  }

  drop(name: string, which: "all" | "unread"): Promise<number> {
    const kept = this.#builds.filter(({ shape, state }) =>
      shape.name !== name || (which === "unread" && state === "serving")
    );
    const dropped = this.#builds.length - kept.length;
    this.#builds = kept;
    return Promise.resolve(dropped);
  }

  find({ name, columns, present }: ReadableModel, query: RowQuery): Promise<readonly Row[] | undefined> {
    const found = this.#builds.find(({ state, shape }) =>
      state === "serving" && (shape.name === name || shape.views.some((view) => view.name === name))
    );
    return Promise.resolve(found && shownRows(found, { columns, present }, query));
  }

  #find(id: number): Build | undefined {
    return this.#builds.find((build) => build.id === id);
  }
}

function keyText({ partition, values }: RowKey): string {
  return JSON.stringify([partition, values]);
}

function shown({ id, shape, state, progress, createdAt, servedAt, differences }: Build): ModelBuild {
  const { name, version, hash } = shape;
  return {
    ...{ id, name, version, hash, state, differences, progress: [...progress], isAhead: false },
    createdAt: new Date(createdAt).toISOString(),
    servedAt: servedAt === null ? null : new Date(servedAt).toISOString(),
  };
}

/** In one synchronous step: rows and checkpoint. */
function apply({ rows, progress }: Build, change: ModelChange): void {
  const { partition, to, held, skipped, lastSkipped, writes } = change;
  const before = progress[partition]!;
  for (const write of writes) {
    if (write.row === null) rows.delete(keyText(write));
    else rows.set(keyText(write), structuredClone(write));
  }
  progress[partition] = {
    ...{ checkpoint: to, held, skipped: before.skipped + skipped },
    lastSkipped: lastSkipped ?? before.lastSkipped,
  };
}

function differingRows(a: Build, b: Build): number {
  const { columns } = b.shape;
  const shared = Object.entries(a.shape.columns).filter(([name, kind]) =>
    kind !== "state" && columns[name] === kind
  );
  const valuesOf = (write: RowWrite | undefined) => write && shared.map(([name]) => write.row![name]);
  const keys = new Set([...a.rows.keys(), ...b.rows.keys()]);
  let differing = 0;
  for (const key of keys) {
    const [one, other] = [valuesOf(a.rows.get(key)), valuesOf(b.rows.get(key))];
    // As two sets of rows are compared: a row of each counts where both are there and differ.
    if (!isDeepStrictEqual(one, other)) differing += one !== undefined && other !== undefined ? 2 : 1;
  }
  return differing;
}

function shownRows(
  { rows, shape }: Build,
  { columns, present }: Pick<ReadableModel, "columns" | "present">,
  { where = {}, orderBy, descending = false, beyond, limit }: RowQuery,
): readonly Row[] {
  const direction = descending ? -1 : 1;
  const isBehind = (value: ColumnValue) => value !== null && direction * order(value, beyond!) > 0;
  const all = [...rows.values()].map(({ row }) => row!);
  const summed = shape.sums.length === 0 ? all : sumsOf(all, shape);
  return summed.filter((row) => present === undefined || row[present] !== null)
    .filter((row) => Object.entries(where).every(([name, value]) => row[name] === value))
    .filter((row) => beyond === undefined || isBehind(row[orderBy]!))
    .sort((a, b) => direction * order(a[orderBy]!, b[orderBy]!))
    .slice(0, limit)
    .map((row) => Object.fromEntries(Object.keys(columns).map((name) => [name, row[name]!])));
}

/** One row a key, whose counts are those of all partitions. */
function sumsOf(rows: readonly Row[], { key, sums }: ModelShape): Row[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(key.map((name) => row[name])));
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    ...Object.fromEntries(
      sums.map((name) => [name, group.reduce((sum, row) => sum + (row[name] as number), 0)]),
    ),
  }));
}

/** As the database orders: nulls last. */
function order(a: ColumnValue, b: ColumnValue): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
