/** What `export` does. @module */
import { findModel, findRows } from "../../../actors/case_list.ts";
import { projections } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { STORE_TRAIL } from "../../../backends/dead_letters.ts";
import { mapConcurrently } from "../../../backends/primitives/concurrency.ts";
import type { ModelStore, Row } from "../../../backends/projections.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { actedBy } from "../../store/identity.ts";
import { openBackend } from "../../store/open_backend.ts";
import type { ExportValues } from "./options.ts";
import { headerLine, type RowFormat, rowLine } from "./row_lines.ts";

/** Rows that are read at once: what an export has in memory. */
const PAGE = 1_000;
/** Histories that are read at once, for personal data. */
const HISTORIES_AT_ONCE = 8;

/** Prints a read model. Returns the exit code. */
export async function exportModel(name: string, values: ExportValues, output: Output): Promise<number> {
  const opened = await openBackend(values, { role: "client" });
  const stop = listenForStop(false);
  try {
    const done = printModel(opened.backend, name, values, output, stop.graceful);
    await Promise.race([done, stop.immediate]);
    return stop.graceful.aborted ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    stop.close();
    await opened.close();
  }
}

/** Prints page by page: nothing is read on before a page is written. */
export async function printModel(
  backend: Backend,
  name: string,
  values: ExportValues,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const models = requireModels(backend);
  const { model, projection } = findModel(name)!;
  const key = projections.find((each) => each.name === projection)!.key[0]!;
  const hasPerson = values.personal && key === "case_id";
  const columns = hasPerson ? { ...model.columns, citizen_bsn: "text" as const } : model.columns;
  const format: RowFormat = { columns, output: values.output, personal: values.personal };
  if (values.personal) await recordExport(backend, name, values);
  const write = output.write ?? ((text: string) => Promise.resolve(output.out(text.slice(0, -1))));
  let header = headerLine(format);
  for await (const rows of pagesOf(models, name, key)) {
    if (signal.aborted) return;
    const shown = hasPerson
      ? await mapConcurrently(HISTORIES_AT_ONCE, rows, (row) => withPerson(backend, row))
      : rows;
    await write(`${header}${shown.map((row) => rowLine(row, format)).join("")}`);
    header = "";
  }
  if (header !== "") await write(header);
}

/** By key: a row that changes meanwhile keeps its place. */
async function* pagesOf(models: ModelStore, name: string, key: string): AsyncGenerator<readonly Row[]> {
  let beyond: string | undefined;
  for (;;) {
    const query = { orderBy: key, limit: PAGE, beyond };
    // It is brought up to date once: behind a key nothing that comes is waited for.
    const rows = beyond === undefined
      ? await findRows(models, name, query)
      : await models.find(findModel(name)!.model, query);
    if (rows === undefined) {
      throw new CommandError(
        exitCodes.unusable,
        `The server takes no writes, and ${name} was not made there before`,
      );
    }
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    beyond = String(rows.at(-1)![key]);
  }
}

function requireModels({ models }: Backend): ModelStore {
  if (models !== undefined) return models;
  throw new CommandError(
    exitCodes.unusable,
    "This store keeps no read models: bring its events to a file with relay, or export on PostgreSQL",
  );
}

/** The BSN of the first intake: the read model has none. */
async function withPerson(backend: Backend, row: Row): Promise<Row> {
  for await (const { event } of backend.readCase(String(row.case_id))) {
    if (event.event_type === "case.intake") return { ...row, citizen_bsn: String(event.data.citizen_bsn) };
  }
  return { ...row, citizen_bsn: null };
}

/** Who, what and why is kept before the first line. */
async function recordExport(backend: Backend, name: string, values: ExportValues): Promise<void> {
  const by = await actedBy(backend, values, "cases.open_personal");
  await backend.record({ act: "export_personal", by, why: `${name}: ${values.reason}`, caseId: STORE_TRAIL });
}
