/** What the subcommands of `nodes` do. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { toPrintable } from "../../cli/redaction.ts";
import { formatRounded } from "../../cli/terminal.ts";
import { type NodeRow, nodeRows } from "../../http/node_shares.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { DrainValues, ListNodesValues } from "./options.ts";

const COLUMNS = ["name", "state", "mailboxes", "processors", "drained_at", "drained_by", "why"];

/** Lists the nodes that are alive, those that have a lease still, and those that are drained. */
export function listNodes(values: ListNodesValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const rows = nodeRows(await backend.health());
    printResult(output, values, listResult("nodes", rows, { columns: COLUMNS, empty: "No node is alive" }));
    return exitCodes.ok;
  });
}

export function drainNode(name: string, values: DrainValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const { mailboxes } = await requireKnown(backend, name);
    const act = { by: await actedBy(backend, values, "nodes.drain"), why: values.reason! };
    const changed = await backend.pauses.pause({ kind: "node", name }, act);
    const text = changed
      ? `${name} is drained: it gives up ${formatRounded(mailboxes)} mailboxes, as nodes list shows`
      : `${name} is drained already`;
    printResult(output, values, { json: { name, drained: true, changed, mailboxes }, text });
    return exitCodes.ok;
  });
}

export function resumeNode(name: string, values: DrainValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const act = { by: await actedBy(backend, values, "nodes.resume"), why: values.reason! };
    const changed = await backend.pauses.resume({ kind: "node", name }, act);
    if (!changed) await requireKnown(backend, name);
    const text = changed ? `${name} takes its share again` : `${name} is not drained`;
    printResult(output, values, { json: { name, drained: false, changed }, text });
    return exitCodes.ok;
  });
}

async function requireKnown(backend: Backend, name: string): Promise<NodeRow> {
  const rows = nodeRows(await backend.health());
  const found = rows.find((row) => row.name === name);
  if (found !== undefined) return found;
  const alive = rows.map((row) => toPrintable(row.name)).join(", ") || "none";
  throw new CommandError(exitCodes.notFound, `There is no node of this name; alive: ${alive}`);
}
