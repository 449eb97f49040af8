/**
 * A projection: a read model as a pure function of the log. No I/O, no clock, no randomness, no environment.
 *
 * Its columns are a list of what may be kept: no field of an event is in a read model that is not declared here.
 * @module
 */
import { createHash } from "node:crypto";
import type {
  ColumnKind,
  ModelIndex,
  ModelShape,
  ModelView,
  ReadableModel,
} from "../backends/projections.ts";
import type { CaseEvent } from "../schema/events.ts";
import type { DecodedEvent } from "../schema/delivery_line.ts";

/** The columns of a read model, by name. */
type Columns = Readonly<Record<string, ColumnKind>>;

type ValueOf<K extends ColumnKind> = K extends "integer" | "money" ? number
  : K extends "state" ? object
  : string;

/** A row of these columns. */
export type RowOf<C extends Columns> = { readonly [N in keyof C]: ValueOf<C[N]> | null };

/** A named, versioned read model. A change of its columns or of its version makes it anew from the log. */
export interface Projection<C extends Columns = Columns> {
  readonly name: string;
  readonly version: number;
  readonly columns: C;
  /** The columns by which a row is known within its partition. They are texts or dates, and never null. */
  readonly key: readonly (keyof C & string)[];
  readonly indexes?: readonly ModelIndex[];
  /** Columns that are added up over the partitions. */
  readonly sums?: readonly (keyof C & string)[];
  /** The values of the key of the row that an event changes. */
  keyOf(event: DecodedEvent): readonly string[];
  /** The row after an event; undefined: there is none any more. Must not change the row it is given. */
  project(event: DecodedEvent<CaseEvent>, row: RowOf<C> | undefined): RowOf<C> | undefined;
}

/** Any projection, without the type of its rows. */
export interface AnyProjection extends Omit<Projection, "project"> {
  // deno-lint-ignore no-explicit-any
  project(event: DecodedEvent, row: any): any;
}

/** A part of a read model under a name of its own: nothing is stored for it. */
export interface Selection extends ModelView {
  /** The projection of which it is a part. */
  readonly of: string;
}

/** A projection, with what its read model must look like. */
export interface ProjectedModel {
  readonly projection: AnyProjection;
  readonly shape: ModelShape;
}

/** What a store needs to know of a projection and of the selections of it. */
export function shapeOf(projection: AnyProjection, selections: readonly Selection[]): ModelShape {
  const { name, version, columns, key, indexes = [], sums = [] } = projection;
  const views = selections.filter(({ of }) => of === name)
    .map(({ name, columns, present }): ModelView => ({ name, columns, present }));
  const shape = { name, version, columns, key, indexes, sums, views };
  const hash = createHash("sha256").update(JSON.stringify(shape)).digest("hex").slice(0, 12);
  return { ...shape, hash };
}

/** A projection as those who read it know it. */
export function readableModel({ name, columns }: AnyProjection): ReadableModel {
  return { name, columns: shownColumns(columns, Object.keys(columns)) };
}

/** A selection as those who read it know it. */
export function readableSelection({ name, columns, present }: Selection, of: AnyProjection): ReadableModel {
  return { name, present, columns: shownColumns(of.columns, columns) };
}

function shownColumns(columns: Columns, names: readonly string[]): Columns {
  const shown = names.map((name) => [name, columns[name]!] as const).filter(([, kind]) => kind !== "state");
  return Object.fromEntries(shown);
}
