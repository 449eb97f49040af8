/** Tables and figures as files that people edit. The facts of a table are code, and stay. @module */
import { z } from "zod";
import { decisions } from "../../../schema/event_fields.ts";
import type { DatedValue, FigureValues } from "../law/parameters.ts";
import { decreedDays } from "../law/working_days.ts";
import { decisionRules, decisionTables } from "../rules/decision_table.ts";
import { datedFigures } from "../rules/figure_register.ts";
import { stepRules, stepTables } from "../rules/next_steps_table.ts";
import { reviewRules, reviewTables } from "../rules/review_table.ts";
import {
  type CompiledTable,
  compileTried,
  type Facts,
  RuleTableError,
  type Table,
} from "../rules/rule_engine.ts";
import { inCents, inEuros } from "./figure_amounts.ts";
import { InvalidCandidate } from "./policy_form.ts";

/** The tables that may be tried, by the names of their files. */
const tables = {
  decision: { table: decisionTables[0] as unknown as Table<Facts, unknown>, rules: decisionRules },
  review: { table: reviewTables[0] as unknown as Table<Facts, unknown>, rules: reviewRules },
  next_steps: { table: stepTables[0] as unknown as Table<Facts, unknown>, rules: stepRules },
} as const;
export type TableName = keyof typeof tables;
export const tableNames = Object.keys(tables) as readonly TableName[];

const certainty = z.enum(["quoted", "secondary", "policy", "assumption", "unverified"]);
const source = z.strictObject({ law: z.string().min(1), url: z.string().optional(), certainty });
const row = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]*$/, "must be small letters, digits and _"),
  when: z.record(z.string(), z.array(z.string()).min(1)),
  then: z.string().optional(),
  sources: z.array(source).min(1),
  reason: z.string().min(1),
  reason_nl: z.string().min(1),
});
const tableForm = z.strictObject({ version: z.string().min(1), rows: z.array(row).min(1) });

/** A table as its file has it. */
export type TriedTable = z.output<typeof tableForm>;

/** Reads a table, and makes sure that it is complete. Throws InvalidCandidate. */
export function parseTable(name: TableName, value: unknown): TriedTable {
  const parsed = tableForm.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  const wrong = parsed.data.rows.find(({ then }) =>
    name === "decision" ? !(decisions as readonly unknown[]).includes(then) : then !== undefined
  );
  if (wrong !== undefined) {
    throw new InvalidCandidate(
      name === "decision"
        ? `row ${wrong.id}: then must be one of ${decisions.join(", ")}`
        : `row ${wrong.id}: has no then in this table`,
    );
  }
  compileNamed(name, parsed.data);
  return parsed.data;
}

/** Compiles a table that was read. Throws InvalidCandidate for a gap, or a row that nothing reaches. */
export function compileNamed(name: TableName, { version, rows }: TriedTable): CompiledTable {
  const { table } = tables[name];
  const then = table.rows[0]!.then;
  try {
    return compileTried({
      ...table,
      version,
      rows: rows.map((each) => ({ ...each, then: each.then ?? then })) as Table<Facts, unknown>["rows"],
    });
  } catch (error) {
    if (error instanceof RuleTableError) throw new InvalidCandidate(error.message);
    throw error;
  }
}

/** Puts tables in effect in the place of the reviewed ones; what is left out is as it was reviewed. */
export function setTables(tried: { readonly [N in TableName]?: CompiledTable }): void {
  for (const name of tableNames) tables[name].rules.set(tried[name]);
}

/** A table in effect, as such a file. */
export function tableFile(name: TableName): TriedTable {
  const { version, rows } = tables[name].table;
  const shown = rows.map(({ then, ...each }) => name === "decision" ? { ...each, then } : each);
  return { version, rows: shown as unknown as TriedTable["rows"] };
}

/** Days by decree are the calendar's, and no figure to be tried. */
const figures = datedFigures.filter(({ id }) => id !== decreedDays.id);

const day = z.iso.date("must be a day such as 2026-01-31");
const figureForm = z.record(
  z.string(),
  z.array(
    z.strictObject({ from: day, until: day.optional(), value: z.unknown(), certainty: certainty.optional() }),
  )
    .min(1),
);

/** Figures by id, their amounts in cents. */
type Figures = Readonly<Record<string, readonly DatedValue<unknown>[]>>;

/** Reads the figures that a file names, by id; its amounts are euros. Throws InvalidCandidate. */
export function parseFigures(value: unknown): Figures {
  const parsed = figureForm.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  for (const [id, values] of Object.entries(parsed.data)) {
    const known = figures.find((figure) => figure.id === id);
    if (known === undefined) throw new InvalidCandidate(`${id}: there is no such figure, see rules list`);
    const kinds = known.values.map((each) => kindOf(each.value));
    const strange = values.find((each) => !kinds.includes(kindOf(each.value)));
    if (strange !== undefined) {
      throw new InvalidCandidate(`${id}: the value from ${strange.from} is of another kind`);
    }
    if (values.some((each, i) => i > 0 && each.from <= values[i - 1]!.from)) {
      throw new InvalidCandidate(`${id}: the values must be in the order of their days`);
    }
  }
  return Object.fromEntries(
    Object.entries(parsed.data as unknown as Figures).map((
      [id, values],
    ) => [id, values.map((each) => ({ ...each, value: amountsOf(id, each) }))]),
  );
}

function amountsOf(id: string, { from, value }: DatedValue<unknown>): unknown {
  try {
    return inCents(id, value);
  } catch (error) {
    throw new InvalidCandidate(`${id}: the value from ${from}: ${(error as Error).message}`);
  }
}

/** What a value is made of: a number in the place of an object would fail in the middle of a case. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(kindOf).join()}]`;
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return `{${Object.entries(value).map(([name, inner]) => `${name}:${kindOf(inner)}`).sort().join()}}`;
}

/** The figures in effect, as such a file. */
export function figuresFile(): Record<string, unknown> {
  return Object.fromEntries(
    figures.map(({ id, values }) => [
      id,
      values.map(({ source: _, ...each }) => ({ ...each, value: inEuros(id, each.value) })),
    ]),
  );
}

/** Which of these figures are others than those in effect. */
export function otherFigures(read: Figures): string[] {
  const now = parseFigures(JSON.parse(JSON.stringify(figuresFile())));
  return Object.keys(read).filter((id) => JSON.stringify(read[id]) !== JSON.stringify(now[id]));
}

/** Figures by their ids. */
export function figureValues(read: ReturnType<typeof parseFigures>): FigureValues {
  return new Map(Object.entries(read));
}

function invalid({ issues: [first] }: z.ZodError): InvalidCandidate {
  const { path, message } = first!;
  return new InvalidCandidate(path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`);
}
