/**
 * The rules engine: decision tables over named, finite facts.
 *
 * Every fact of a table has a listed set of values, and rows are bits: each value knows the rows that allow it, so a decision
 * is one `and` a fact. A row that no combination of values reaches is a mistake found when the table is compiled, and so is a
 * combination that no row of a first-match table covers: for that its combinations are worked out once. Rows of a collecting
 * table stand alone, so there nothing is worked out: with 13 facts it has 345,600 combinations, which took a worker 40 ms
 * of its start and 3 MB. Numbers and dates become facts (bands such as `below_costs`) before they get here; the bounds of the
 * bands are dated parameters.
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
  /** For each fact the rows that each of its values allows, as bits. */
  readonly allowing: readonly Allowing[];
  readonly matchOf: (rows: number) => Match<O>;
}

type Allowing = readonly [fact: string, rows: ReadonlyMap<string, number>];

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
      return version.matchOf(allowedBy(version.allowing, facts));
    },
  };
}

/** Compiles one version that is to be tried. Throws a RuleTableError for a gap or a row nothing reaches. */
export function compileTried(table: Table<Facts, unknown>): CompiledTable {
  return compileTable(table);
}

function compileTable<O>(table: Table<Facts, O>): Compiled<O> {
  refuseMistakes(table);
  const allowing = Object.entries(table.facts).map(([name, values]): Allowing => [
    name,
    new Map(values.map((value) => [value, rowsAllowing(table, name, value)])),
  ]);
  const reached = table.policy === "first" ? firstRows(table, allowing) : rowsReached(table);
  const lost = table.rows.filter((_, r) => (reached & (1 << r)) === 0);
  if (lost.length > 0) {
    throw new RuleTableError(`Table ${table.id}: nothing reaches ${lost.map((row) => row.id).join(", ")}`);
  }
  return {
    from: table.valid_from,
    until: table.valid_until ?? OPEN_END,
    allowing,
    matchOf: sharedMatches(table),
  };
}

/** One match for each set of rows that was met, however many combinations lead to it. */
function sharedMatches<O>(table: Table<Facts, O>): Compiled<O>["matchOf"] {
  const shared = new Map<number, Match<O>>();
  return (allowed) => {
    const rows = table.policy === "first" ? allowed & -allowed : allowed;
    let match = shared.get(rows);
    if (match === undefined) shared.set(rows, match = matchOf(table, rows));
    return match;
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

function rowsAllowing({ rows }: Table<Facts, unknown>, name: string, value: string): number {
  return rows.reduce((set, { when }, r) => when[name]?.includes(value) ?? true ? set | (1 << r) : set, 0);
}

/** The rows that are first for some combination of values. Throws for a combination that no row covers. */
function firstRows({ id, rows, facts }: Table<Facts, unknown>, allowing: readonly Allowing[]): number {
  let sets = [2 ** rows.length - 1];
  for (const [, allowed] of allowing) {
    sets = [...allowed.values()].flatMap((bits) => sets.map((set) => set & bits));
  }
  const gap = sets.indexOf(0);
  if (gap >= 0) throw new RuleTableError(`Table ${id}: no row for ${described(facts, gap)}`);
  return sets.reduce((all, set) => all | (set & -set), 0);
}

/** Where every row that matches counts, only one that names a fact and no value of it is out of reach. */
function rowsReached({ rows }: Table<Facts, unknown>): number {
  const isReached = ({ when }: Row<Facts, unknown>) =>
    Object.values(when).every((values) => values?.length !== 0);
  return rows.reduce((set, row, r) => isReached(row) ? set | (1 << r) : set, 0);
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

/** The rows that every fact allows, as bits. */
function allowedBy(allowing: readonly Allowing[], facts: Facts): number {
  let rows = -1;
  for (const [name, bits] of allowing) {
    const allowed = bits.get(facts[name]!);
    if (allowed === undefined) throw new RangeError(`Cannot decide on ${name} = ${facts[name]}`);
    rows &= allowed;
  }
  return rows;
}
