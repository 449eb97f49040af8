/** How the builds of read models stand, in their database. @module */
import type {
  BuildProgress,
  BuildState,
  ModelBuild,
  ModelShape,
  UnreadableEvent,
} from "../../projections.ts";
import type { ModelDatabase, SqlRow } from "./database.ts";
import { createTableText, createViewsText, dropViewsText, tableOf } from "./statements.ts";

/** The last event that a build has of a partition. */
export interface LastEvent {
  readonly partition: number;
  readonly position: number;
  readonly eventId: string;
}

/** A build as it is stored, and by what its place in the log is known again. */
export interface StoredBuild extends Omit<ModelBuild, "isAhead"> {
  readonly shape: ModelShape;
  readonly lastEvents: readonly LastEvent[];
}

export function readBuilds(database: ModelDatabase): readonly StoredBuild[] {
  const checkpoints = Map.groupBy(
    database.all("select * from checkpoints order by build, partition"),
    ({ build }) => Number(build),
  );
  return database.all("select * from builds order by name, id").map((row) =>
    buildOf(row, checkpoints.get(Number(row.id)) ?? [])
  );
}

function buildOf(row: SqlRow, checkpoints: readonly SqlRow[]): StoredBuild {
  const shape = JSON.parse(row.shape as string) as ModelShape;
  const { version, hash, name } = shape;
  return {
    ...{ id: Number(row.id), name, version, hash, shape, state: row.state as BuildState },
    progress: checkpoints.map(progressOf),
    createdAt: new Date(Number(row.created_at)).toISOString(),
    servedAt: row.served_at === null ? null : new Date(Number(row.served_at)).toISOString(),
    differences: row.differences as number | null,
    lastEvents: checkpoints.filter(({ last_event }) => last_event !== null).map((each) => ({
      partition: Number(each.partition),
      position: Number(each.checkpoint),
      eventId: each.last_event as string,
    })),
  };
}

function progressOf({ checkpoint, held, skipped, last_skipped }: SqlRow): BuildProgress {
  return {
    checkpoint: Number(checkpoint),
    held: unreadableOf(held!),
    skipped: Number(skipped),
    lastSkipped: unreadableOf(last_skipped!),
  };
}

function unreadableOf(text: string | number | null): UnreadableEvent | null {
  return text === null ? null : JSON.parse(String(text));
}

/** Begins a build, unless one of this shape is under way. */
export function beginBuild(database: ModelDatabase, shape: ModelShape, partitions: number): void {
  database.atOnce(() => {
    const underWay = readBuilds(database).filter(({ name, state }) =>
      name === shape.name && state === "building"
    );
    if (underWay.some(({ hash }) => hash === shape.hash)) return;
    for (const build of underWay) dropBuild(database, build);
    const text =
      "insert into builds (name, state, shape, created_at) values (?, 'building', ?, ?) returning id";
    const [row] = database.all(text, shape.name, JSON.stringify(shape), Date.now());
    const id = Number(row!.id);
    for (let partition = 0; partition < partitions; partition++) {
      database.run("insert into checkpoints (build, partition) values (?, ?)", id, partition);
    }
    database.define(createTableText(shape, id));
  });
}

/** From now on this build is read, and the one that was can be gone back to. */
export function serveBuild(database: ModelDatabase, id: number, differences: number | null): void {
  database.atOnce(() => {
    const builds = readBuilds(database);
    const served = builds.find((build) => build.id === id);
    if (served === undefined) throw new TypeError(`There is no build ${id}`);
    const others = builds.filter((build) => build.name === served.name && build.id !== id);
    for (const build of others) {
      if (build.state === "serving") database.define(dropViewsText(build.shape));
      if (build.state === "previous") dropBuild(database, build);
    }
    const free = "served_at = ?, projector = null, claimed_until = null";
    const now = Date.now();
    database.run(
      `update builds set state = 'previous', ${free} where name = ? and state = 'serving' and id <> ?`,
      ...[now, served.name, id],
    );
    database.run(
      `update builds set state = 'serving', differences = ?, ${free} where id = ?`,
      ...[differences, now, id],
    );
    database.define(dropViewsText(served.shape));
    database.define(createViewsText(served.shape, id));
  });
}

/** Drops builds of a read model; returns how many. */
export function dropBuilds(database: ModelDatabase, name: string, which: "all" | "unread"): number {
  return database.atOnce(() => {
    const dropped = readBuilds(database).filter((build) =>
      build.name === name && (which === "all" || build.state !== "serving")
    );
    for (const build of dropped) dropBuild(database, build);
    return dropped.length;
  });
}

function dropBuild(database: ModelDatabase, { id, name, state, shape }: StoredBuild): void {
  if (state === "serving") database.define(dropViewsText(shape));
  database.define(`drop table if exists ${tableOf(name, id)}`);
  database.run("delete from checkpoints where build = ?", id);
  database.run("delete from builds where id = ?", id);
}
