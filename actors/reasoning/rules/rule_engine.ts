/**
 * The rules engine: decision tables over named, finite facts.
 *
 * Every fact of a table has a listed set of values, so a table can be worked out once, when it is compiled, for each
 * combination of values: a decision is then one index into an array, a row that no combination reaches is a mistake
 * found at compile time, and so is a combination that no row of a first-match table covers. Numbers and dates become
 * facts (bands such as `below_costs`) before they get here; the bounds of the bands are dated parameters.
 *
 * Own code and not a library: the JSON rule engines on offer evaluate conditions at every call (slower, some
 * asynchronous) and cannot prove a table complete.
 * @module
 */
import { Reject } from "../../processor.ts";
import { leastSure, type Source, type SourceCertainty } from "../law/source.ts";

/** Facts: the values a table is asked with, one for each name. */
export type Facts = Readonly<Record<string, string>>;

/** The facts that a table with these values is asked with. */
export type FactsOf<V extends Readonly<Record<string, readonly string[]>>> = { [K in keyof V]: V[K][number] };

/** A row: it matches when every fact it names has one of the values listed; a fact it does not name may be anything. */
export interface Row<F extends Facts, O> {
  readonly id: string;
  readonly when: { readonly [K in keyof F]?: readonly F[K][] };
  readonly then: O;
  readonly sources: readonly Source[];
  /** Why, in English, for a person. `{name}` is filled in from the figures of the case. */
  readonly reason: string;
  /** Why, in Dutch, for the citizen. */
  readonly reason_nl: string;
}

/** One version of a decision table. */
export interface Table<F extends Facts, O> {
  readonly id: string;
  readonly version: string;
  /** First day the version holds, ISO date. */
  readonly valid_from: string;
  /** First day it no longer holds; absent while it holds. */
  readonly valid_until?: string;
  /** `first`: exactly one row, the first that matches, decides. `collect`: every row that matches counts, maybe none. */
  readonly policy: "first" | "collect";
  readonly facts: { readonly [K in keyof F]: readonly F[K][] };
  readonly rows: readonly Row<F, O>[];
}

/** The rows that match, with the table they come from. */
export interface Match<O> {
  readonly rows: readonly Row<Facts, O>[];
  /** The same rows as an event keeps them: one entry, none when no row matches. */
  readonly applied: readonly AppliedRule[];
}

/** The matched rows of a table as an event keeps them: version and sources once, for events are kept for ever. */
type AppliedRule = {
  /** `decision/threatening`, or `next_steps/invite+decide_on_plan` for more than one row. */
  readonly id: string;
  readonly version: string;
  readonly source: string;
  /** The certainty of the least sure of its sources. */
  readonly certainty: SourceCertainty;
};

/** A mistake in a table: found when it is compiled, never while a case is handled. */
export class RuleTableError extends Error {
  override name = "RuleTableError";
}

/** A table that was found complete. */
export type CompiledTable = Compiled<unknown>;

interface Compiled<O> {
  readonly from: string;
  readonly until: string;
  /** For each fact the share each of its values has in the index of a combination. */
  readonly offsets: readonly (readonly [string, ReadonlyMap<string, number>])[];
  readonly matches: readonly Match<O>[];
}

const OPEN_END = "9999-12-31";
/** Rows are bits of a whole number while a table is compiled. */
const MOST_ROWS = 30;

/** Compiles the versions of one table. Throws a RuleTableError for a gap, an overlap, or a row nothing reaches. */
export function compile<F extends Facts, O>(...versions: Table<F, O>[]) {
  const id = versions[0]?.id ?? "(none)";
  const compiled = versions.map((table) => compileTable(table as unknown as Table<Facts, O>))
    .toSorted((a, b) => a.from < b.from ? -1 : 1);
  if (compiled.some((version, i) => i > 0 && compiled[i - 1]!.until > version.from)) {
    throw new RuleTableError(`Table ${id}: versions overlap`);
  }
  let inEffect: readonly Compiled<O>[] = compiled;
  return {
    /** Puts another version in effect on every day; without one the versions as they were reviewed. */
    set(tried?: CompiledTable): void {
      inEffect = tried === undefined ? compiled : [tried as Compiled<O>];
    },
    /** The rows that match these facts in the version that holds on this day (ISO date or date-time). */
    match(facts: F, day: string): Match<O> {
      const version = inEffect.findLast((v) => v.from <= day && day.slice(0, 10) < v.until);
      if (!version) throw new Reject(`Cannot apply table ${id} on ${day}: no version holds`);
      return version.matches[indexOf(version.offsets, facts)]!;
    },
  };
}

/** Compiles one version that is to be tried. Throws a RuleTableError for a gap or a row nothing reaches. */
export function compileTried(table: Table<Facts, unknown>): CompiledTable {
  return compileTable(table);
}

function compileTable<O>(table: Table<Facts, O>): Compiled<O> {
  refuseMistakes(table);
  const sets = matchingSets(table);
  const reached = sets.reduce((all, set) => all | set, 0);
  const lost = table.rows.filter((_, r) => (reached & (1 << r)) === 0);
  if (lost.length > 0) {
    throw new RuleTableError(`Table ${table.id}: nothing reaches ${lost.map((row) => row.id).join(", ")}`);
  }
  // One object for each set of rows, however many combinations lead to it: 10,000 combinations stay small.
  const shared = new Map([...new Set(sets)].map((set) => [set, matchOf(table, set)]));
  return {
    from: table.valid_from,
    until: table.valid_until ?? OPEN_END,
    offsets: offsetsOf(table.facts),
    matches: sets.map((set) => shared.get(set)!),
  };
}

function refuseMistakes<O>({ id, rows, facts }: Table<Facts, O>): void {
  if (rows.length > MOST_ROWS) throw new RuleTableError(`Table ${id}: more than ${MOST_ROWS} rows`);
  if (new Set(rows.map((row) => row.id)).size !== rows.length) {
    throw new RuleTableError(`Table ${id}: two rows have one id`);
  }
  for (const row of rows) {
    for (const [name, values] of Object.entries(row.when)) {
      const unknown = values?.find((value) => !facts[name]?.includes(value));
      if (!facts[name] || unknown !== undefined) {
        throw new RuleTableError(`Table ${id}, row ${row.id}: no fact ${name} = ${unknown}`);
      }
    }
  }
}

/** For each combination of values, in the order of the offsets, the rows that match: as bits. */
function matchingSets<O>({ id, rows, facts, policy }: Table<Facts, O>): number[] {
  let sets = [2 ** rows.length - 1];
  for (const [name, values] of Object.entries(facts)) {
    const allowing = values.map((value) =>
      rows.reduce((set, { when }, r) => when[name]?.includes(value) ?? true ? set | (1 << r) : set, 0)
    );
    sets = allowing.flatMap((allowed) => sets.map((set) => set & allowed));
  }
  if (policy === "collect") return sets;
  const gap = sets.indexOf(0);
  if (gap >= 0) throw new RuleTableError(`Table ${id}: no row for ${described(facts, gap)}`);
  return sets.map((set) => set & -set);
}

/** The combination of values at a place, in words. */
function described(facts: Table<Facts, unknown>["facts"], index: number): string {
  return Object.entries(facts).map(([name, values]) => {
    const value = values[index % values.length];
    index = Math.floor(index / values.length);
    return `${name} = ${value}`;
  }).join(", ");
}

function matchOf<O>({ id, version, rows }: Table<Facts, O>, set: number): Match<O> {
  const found = rows.filter((_, r) => (set & (1 << r)) !== 0);
  if (found.length === 0) return { rows: found, applied: [] };
  const laws = new Set(found.flatMap((row) => row.sources.map((source) => source.law)));
  const applied = {
    id: `${id}/${found.map((row) => row.id).join("+")}`,
    version,
    source: [...laws].join("; "),
    certainty: leastSure(found.flatMap((row) => row.sources)),
  };
  return { rows: found, applied: [applied] };
}

function offsetsOf(facts: Table<Facts, unknown>["facts"]): Compiled<unknown>["offsets"] {
  let stride = 1;
  return Object.entries(facts).map(([name, values]) => {
    const offsets = new Map(values.map((value, i) => [value, i * stride]));
    stride *= values.length;
    return [name, offsets];
  });
}

function indexOf(offsets: Compiled<unknown>["offsets"], facts: Facts): number {
  let index = 0;
  for (const [name, values] of offsets) {
    const offset = values.get(facts[name]!);
    if (offset === undefined) throw new RangeError(`Cannot decide on ${name} = ${facts[name]}`);
    index += offset;
  }
  return index;
}
