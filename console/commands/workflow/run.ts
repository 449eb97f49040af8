/** What the subcommands of `workflow` do. @module */
import { workflows } from "../../../actors/application.ts";
import { readEvent } from "../../../actors/projection_fold.ts";
import { HistoryCheck, type HistoryReport } from "../../../actors/workflow/history_check.ts";
import { mermaid } from "../../../actors/workflow/workflow.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { serverUrl } from "../../../schema/settings.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { listResult, printResult, renderTable } from "../../cli/output.ts";
import { formatInteger } from "../../cli/redaction.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { CheckValues, ListWorkflowsValues } from "./options.ts";

type Workflow = (typeof workflows)[number];

const columns = ["name", "version", "states", "moves"];

export function listWorkflows(values: ListWorkflowsValues, output: Output): number {
  const rows = workflows.map(({ name, version, chart: { states, moves } }) => ({
    ...{ name, version, states: states.length, moves: moves.length },
  }));
  printResult(output, values, listResult("workflows", rows, { columns, empty: "There are no workflows" }));
  return exitCodes.ok;
}

export function printChart(name: string, { out }: Output): number {
  out(mermaid(workflowOf(name).chart).trimEnd());
  return exitCodes.ok;
}

/** It is sound, or it would not have been built: what is left is what it does. */
export async function checkWorkflow(name: string, values: CheckValues, output: Output): Promise<number> {
  const workflow = workflowOf(name);
  const { against, ...rest } = values;
  if (against === undefined) {
    const { states, moves } = workflow.chart;
    const json = { workflow: name, version: workflow.version, states: states.length, moves: moves.length };
    printResult(output, values, {
      json,
      text: `${name} ${workflow.version} is sound: ${states.length} states, ${moves.length} moves`,
    });
    return exitCodes.ok;
  }
  const report = await withBackend({ ...rest, ...storeOf(against) }, async (backend) => {
    const check = new HistoryCheck(workflow);
    for await (const stored of backend.readAll()) {
      const read = readEvent(stored);
      if (read.kind === "event") check.take(read.decoded);
    }
    return check.report();
  });
  const differences = report.differences.map((each) => ({ ...each, case_id: maskCaseId(each.case_id) }));
  printResult(output, values, { json: { ...report, differences }, text: textOf({ ...report, differences }) });
  return report.differing === 0 ? exitCodes.ok : exitCodes.failed;
}

function workflowOf(name: string): Workflow {
  const found = workflows.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = workflows.map((each) => each.name).join(", ");
  throw new CommandError(exitCodes.notFound, `There is no workflow of this name: there are ${names}`);
}

/** A store by its server, or by the name of its kind. */
function storeOf(
  against: string,
): { readonly backend: "postgres" | "nats"; readonly url: string | undefined } {
  if (against === "postgres" || against === "nats") return { backend: against, url: undefined };
  const url = serverUrl.safeParse(against);
  if (!url.success) {
    throw new UsageError("--against takes a server, postgres:// or nats://, postgres, or nats");
  }
  return { backend: url.data.startsWith("nats") ? "nats" : "postgres", url: url.data };
}

function textOf({ workflow, version, events, cases, deliveries, ...report }: HistoryReport): string {
  const { differing, states, differences } = report;
  const counts = Object.entries(states).toSorted(([, a], [, b]) => b - a);
  const lines = [
    `${workflow} ${version} over ${formatInteger(events)} events: ${
      formatInteger(deliveries)
    } deliveries of ${formatInteger(cases)} cases, ${
      differing === 0 ? "all as they were stored" : `${formatInteger(differing)} differ`
    }`,
    renderTable(counts.map(([state, cases]) => ({ state, cases })), ["state", "cases"]),
  ];
  if (differing > 0) {
    lines.push(
      renderTable(differences.map((each) => ({ ...each })), [
        "case_id",
        "version",
        "event_type",
        "now",
        "stored",
      ]),
    );
  }
  return lines.join("\n");
}
