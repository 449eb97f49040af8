/** Read models: what a store keeps of a projection of the log, and how it is read. @module */
import type { ProjectionHealth } from "./health.ts";
import type { StoredEvent } from "../schema/delivery_line.ts";

/**
 * What a column holds. `money` is whole cents, `time` an ISO instant, `date` an ISO date; `state` is what the projection itself
 * needs of earlier events, as JSON: it is stored and never shown.
 */
export type ColumnKind = "text" | "integer" | "money" | "time" | "date" | "state";
export type ColumnValue = string | number | object | null;
export type Row = Readonly<Record<string, ColumnValue>>;

/** An index of a read model: its columns in order; with `present`, only of rows in which that column is not null. */
export interface ModelIndex {
  readonly columns: readonly string[];
  readonly present?: string | undefined;
}

/** A part of a read model under a name of its own: some columns of the rows in which `present` is not null. */
export interface ModelView {
  readonly name: string;
  readonly columns: readonly string[];
  readonly present: string;
}

/** The declared form of a read model. */
export interface ModelShape {
  readonly name: string;
  readonly version: number;
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** The columns by which a row is known within its partition. */
  readonly key: readonly string[];
  readonly indexes: readonly ModelIndex[];
  /** Columns that are added up over the partitions where rows of several partitions have the same key. */
  readonly sums: readonly string[];
  readonly views: readonly ModelView[];
  /** Of all of this: another shape is another read model. */
  readonly hash: string;
}

/** `building`: beside the one that is read; `serving`: the one that is read; `previous`: the one that was read before. */
export type BuildState = "building" | "serving" | "previous";

/** An event that a projection could not take in, without its data. */
export interface UnreadableEvent {
  readonly position: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly reason: string;
}

/** How far a build is in one partition. */
export interface BuildProgress {
  /** The position up to which its rows hold every event. */
  readonly checkpoint: number;
  /** The event at which it stands still. */
  readonly held: UnreadableEvent | null;
  /** What was no event at all, and was passed over: how many, and the last of them. */
  readonly skipped: number;
  readonly lastSkipped: UnreadableEvent | null;
}

/** One filling of a read model. A rebuild fills another one beside it. */
export interface ModelBuild {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly state: BuildState;
  /** By partition. */
  readonly progress: readonly BuildProgress[];
  /** It holds events that the log does not: the log was restored from an older backup. */
  readonly isAhead: boolean;
  readonly createdAt: string;
  /** Since when it is read, or was last. */
  readonly servedAt: string | null;
  /** Rows that differed from the ones it took the place of; null where they were not compared. */
  readonly differences: number | null;
}

/** Where a row belongs. */
export interface RowKey {
  readonly partition: number;
  /** The values of the key columns, in order. */
  readonly values: readonly string[];
}

/** A row to write; null: to remove. */
export interface RowWrite extends RowKey {
  readonly row: Row | null;
}

/** What one stretch of a partition comes to. */
export interface ModelChange {
  readonly partition: number;
  /** The checkpoint that the rows were made from, and the one they lead to. */
  readonly from: number;
  readonly to: number;
  /** The last event up to `to`; null where there is none yet. */
  readonly lastEvent: string | null;
  readonly held: UnreadableEvent | null;
  readonly skipped: number;
  readonly lastSkipped: UnreadableEvent | null;
  readonly writes: readonly RowWrite[];
}

/** What the log has behind checkpoints. */
export interface LogQuery {
  /** By partition: events behind these positions. */
  readonly after: readonly number[];
  /** By partition: events up to these positions. */
  readonly upTo?: readonly number[] | undefined;
  /** Events of a partition at most. */
  readonly limit: number;
}

/** Which rows of a read model. */
export interface RowQuery {
  /** Columns that must hold these values. */
  readonly where?: Row;
  readonly orderBy: string;
  readonly descending?: boolean;
  /** Only rows that come behind this value in that order: the next page of a list. */
  readonly beyond?: string | number | undefined;
  readonly limit: number;
}

/** A read model or a view of one, as its reader knows it. */
export interface ReadableModel {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnKind>>;
  /** Of a view: only rows in which this column is not null. */
  readonly present?: string | undefined;
}

/**
 * Keeps read models. Rows and checkpoint change in one act, and only from the checkpoint they were made from: every event
 * counts once, however many projectors there are.
 */
export interface ModelStore {
  builds(): Promise<readonly ModelBuild[]>;
  /** Events that a build has not taken in, by build; of each partition counted up to 10,000, which then means "or more". */
  pending(): Promise<ReadonlyMap<number, number>>;
  /** Begins to build a shape beside the one that is read. One that is under way goes on; one of another shape is dropped. */
  begin(shape: ModelShape): Promise<void>;
  /** True when a projector may feed a build: no other has claimed it for now. A claim runs out by itself. */
  claim(build: number, projector: string, forMs: number): Promise<boolean>;
  /** Events by partition, in the order of their positions; within a partition none is skipped. */
  read(query: LogQuery): Promise<readonly (readonly StoredEvent[])[]>;
  /** The rows of these keys that are there. */
  rows(build: number, shape: ModelShape, keys: readonly RowKey[]): Promise<readonly RowWrite[]>;
  /** Makes changes durable; returns the partitions that had not moved meanwhile, and were changed. */
  commit(build: number, shape: ModelShape, changes: readonly ModelChange[]): Promise<readonly number[]>;
  /** How many rows of two builds differ in the columns they share; null when they do not stand at the same place. */
  differences(build: number, other: number): Promise<number | null>;
  /** From now on this build is read, and the one that was can be gone back to. Whoever comes first feeds it. One act. */
  serve(build: number, differences: number | null): Promise<void>;
  /** Drops builds of a read model: all of it, or only those that are not read. Returns how many. */
  drop(name: string, which: "all" | "unread"): Promise<number>;
  /** Rows of the build that is read; undefined where none is. */
  find(model: ReadableModel, query: RowQuery): Promise<readonly Row[] | undefined>;
}

/** How read models stand, a projection each: by the build that is read, or else by the one that will be. */
export async function projectionHealth(models: ModelStore): Promise<ProjectionHealth[]> {
  const [builds, pending] = await Promise.all([models.builds(), models.pending()]);
  return [...Map.groupBy(builds, ({ name }) => name)].map(([name, own]) => {
    const stateOf = (state: BuildState) => own.find((build) => build.state === state);
    const [serving, building] = [stateOf("serving"), stateOf("building")];
    const shown = serving ?? building;
    return {
      name,
      isServed: serving !== undefined,
      isRebuilding: serving !== undefined && building !== undefined,
      pending: shown === undefined ? 0 : pending.get(shown.id) ?? 0,
      skipped: shown?.progress.reduce((sum, { skipped }) => sum + skipped, 0) ?? 0,
      held: shown?.progress.flatMap(heldOf) ?? [],
    };
  });
}

function heldOf({ held }: BuildProgress, partition: number): ProjectionHealth["held"] {
  if (held === null) return [];
  const { position, eventType, reason } = held;
  return [{ partition, position, eventType, reason }];
}
