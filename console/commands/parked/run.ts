/** What the subcommands of `parked` do. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { DeadLetterFilter, ParkedHead } from "../../../backends/dead_letters.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { formatOf, listResult, printResult } from "../../cli/output.ts";
import { formatRounded } from "../../cli/terminal.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import { describeStopped, stoppedRow } from "../../store/stopped_rows.ts";
import type { ParkedValues, RetryValues } from "./options.ts";

const COLUMNS = [
  "position",
  "since",
  "due_at",
  "processor",
  "event_type",
  "error",
  "attempts",
  "held",
  "case_id",
];

/** Lists parked deliveries. */
export function listParked(filter: DeadLetterFilter, values: ParkedValues, output: Output): Promise<number> {
  return withBackend(values, async ({ parked }) => {
    const rows = (await parked.list(filter)).map(rowOf);
    const total = await parked.count(filter);
    printResult(
      output,
      values,
      listResult("parked", rows, { columns: COLUMNS, total, empty: "Nothing is parked" }),
    );
    return exitCodes.ok;
  });
}

/** Shows parked deliveries with their evidence: one event may be parked for several processors. */
export function showParked(filter: DeadLetterFilter, values: ParkedValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const rows = (await find(backend, filter)).map(rowOf);
    const text = rows.map((row) => `${describeStopped(row)}\n  next attempt at ${row.due_at}`).join("\n\n");
    printResult(output, values, { ...listResult("parked", rows, { columns: COLUMNS, empty: "" }), text });
    return exitCodes.ok;
  });
}

function rowOf(delivery: ParkedHead) {
  return { ...stoppedRow(delivery), due_at: delivery.dueAt };
}

/** Says what will be tried, and makes it due unless this is a dry run. */
export function retryParked(filter: DeadLetterFilter, values: RetryValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const found = await find(backend, filter);
    const held = found.reduce((sum, each) => sum + each.held, 0);
    const plan = `try ${formatRounded(found.length)} parked deliveries at once, ` +
      `with ${formatRounded(held)} held behind them`;
    if (values["dry-run"]) {
      printResult(output, values, {
        json: { would: "retry", count: found.length, held },
        text: `Would ${plan}`,
      });
      return exitCodes.ok;
    }
    if (formatOf(values) === "table") output.out(`Will ${plan}`);
    const act = { by: await actedBy(backend, values, "parked.retry"), why: values.reason! };
    const count = await backend.parked.retry(filter, act);
    printResult(output, values, {
      json: { did: "retry", count, held },
      text: `Done: ${formatRounded(count)}`,
    });
    return exitCodes.ok;
  });
}

async function find({ parked }: Backend, filter: DeadLetterFilter): Promise<ParkedHead[]> {
  const found = await parked.list(filter);
  if (found.length > 0) return found;
  throw new CommandError(exitCodes.notFound, "There is no such parked delivery: see parked list");
}
