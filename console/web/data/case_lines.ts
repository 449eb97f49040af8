/** The list of cases, a page at a time: from the read model, or where a store keeps none, from its own list. @module */
import { casePage, caseRowOf, listCases, listedModels } from "../../../actors/case_list.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { ModelStore, Row } from "../../../backends/projections.ts";
import { writtenEuros } from "../../../schema/money.ts";
import { mapConcurrently } from "../../../backends/primitives/concurrency.ts";

/** What a list says of a case. Amounts in euros. */
export interface CaseLine {
  readonly case_id: string;
  readonly version: number;
  readonly latest: string;
  readonly opened_at: string;
  readonly updated_at: string;
  readonly state: string;
  /** A caseworker, a team lead, a term by its name, `processing`, or `nobody`. */
  readonly waits_for: string;
  readonly due: string | null;
  readonly debt_type: string | null;
  readonly organization: string | null;
  readonly debt_amount: number | null;
}

/** A line as programs read it: its amount with two decimals. */
export function writtenLine({ debt_amount, ...line }: CaseLine) {
  return { ...line, debt_amount: debt_amount === null ? null : writtenEuros(debt_amount) };
}

/** By what cases are chosen; where a store keeps no read models, by the latest event alone. */
export const caseFilters = ["latest", "state", "waits_for", "organization"] as const;
export type CaseFilter = Readonly<Partial<Record<(typeof caseFilters)[number], string>>>;

/** Where a page begins: behind (`older`) or before (`newer`) a place in the list. */
export interface Cursor {
  readonly to: "older" | "newer";
  readonly at: number;
}

/** A page of the list, newest first, with the places before and behind it where there may be more. */
export interface CaseLines {
  readonly lines: readonly CaseLine[];
  readonly newer: Cursor | undefined;
  readonly older: Cursor | undefined;
}

const AT_ONCE = 8;
/** As far as a store's own list goes back. */
const FARTHEST = 10_000;

/** `older-123`: a cursor as it stands in an address. Anything else is no cursor, and the list begins at its beginning. */
export function readCursor(text: string | null | undefined): Cursor | undefined {
  const found = /^(older|newer)-(\d{1,16})$/.exec(text ?? "");
  return found === null ? undefined : { to: found[1] as Cursor["to"], at: Number(found[2]) };
}

export function cursorText({ to, at }: Cursor): string {
  return `${to}-${at}`;
}

export async function readCaseLines(
  backend: Backend,
  filter: CaseFilter,
  cursor: Cursor | undefined,
  limit: number,
): Promise<CaseLines> {
  const models = await listedModels(backend, "cases");
  return models === undefined
    ? await linesOfList(backend, filter, cursor, limit)
    : await linesOfModel(models, filter, cursor, limit);
}

/** The line of one case; undefined for one without events. */
export async function readCaseLine(backend: Backend, caseId: string): Promise<CaseLine | undefined> {
  const row = caseRowOf(await Array.fromAsync(backend.readCase(caseId)));
  return row && lineOfRow(row);
}

async function linesOfModel(
  models: ModelStore,
  where: CaseFilter,
  cursor: Cursor | undefined,
  limit: number,
): Promise<CaseLines> {
  const isNewer = cursor?.to === "newer";
  const place = cursor === undefined ? {} : { [isNewer ? "newerThan" : "olderThan"]: cursor.at };
  // One more than is shown says whether there are more.
  const found = await casePage(models, { where, limit: limit + 1, ...place });
  const hasMore = found.length > limit;
  const rows = isNewer ? found.slice(-limit) : found.slice(0, limit);
  const at = (row: Row | undefined) => Number(row?.position ?? cursor?.at ?? 0);
  const [hasNewer, hasOlder] = isNewer ? [hasMore, true] : [cursor !== undefined, hasMore];
  return {
    lines: rows.map(lineOfRow),
    newer: hasNewer ? { to: "newer", at: at(rows[0]) } : undefined,
    older: hasOlder ? { to: "older", at: at(rows.at(-1)) } : undefined,
  };
}

/** The line of a row of the read model `cases`. */
export function lineOfRow(row: Row): CaseLine {
  const { case_id, version, latest, opened_at, updated_at } = row as Record<string, string>;
  const { state, outcome, waits_for, due, debt_type, organization, amount } = row as Record<
    string,
    string | null
  >;
  return {
    ...{
      case_id: case_id!,
      version: Number(version),
      latest: latest!,
      opened_at: opened_at!,
      updated_at: updated_at!,
    },
    state: state === "completed" ? `completed:${outcome}` : state ?? "new",
    waits_for: state === "completed" ? "nobody" : waits_for ?? "processing",
    ...{ due: due ?? null, debt_type: debt_type ?? null, organization: organization ?? null },
    debt_amount: amount === null || amount === undefined ? null : Number(amount) / 100,
  };
}

/** Each line is folded from the events of its case. The cursor counts lines. */
async function linesOfList(
  backend: Backend,
  { latest }: CaseFilter,
  cursor: Cursor | undefined,
  limit: number,
): Promise<CaseLines> {
  const at = Math.min(cursor?.at ?? 0, FARTHEST - limit);
  const from = cursor?.to === "newer" ? Math.max(0, at - limit) : at;
  const query = { limit: Math.min(FARTHEST, from + limit + 1), ...latest === undefined ? {} : { latest } };
  const found = await listCases(backend, query);
  const shown = found.slice(from, from + limit);
  const lines = await mapConcurrently(AT_ONCE, shown, ({ caseId }) => readCaseLine(backend, caseId));
  const hasOlder = found.length > from + limit && from + limit < FARTHEST;
  return {
    lines: lines.filter((line) => line !== undefined),
    newer: from > 0 ? { to: "newer", at: from } : undefined,
    older: hasOlder ? { to: "older", at: from + limit } : undefined,
  };
}
