/** The status of a store in words, for people. Pure. @module */
import { renderTable } from "../../cli/output.ts";
import { formatDuration, formatInteger, toPrintableParts } from "../../cli/redaction.ts";
import type { StoreStatus } from "./store_status.ts";

const COLUMNS = ["name", "state", "pending", "oldest", "owned", "parked", "retrying", "dead"];

export function statusText(status: StoreStatus, width?: number): string {
  const { backend, durability, processors } = status;
  const rows = processors.map(({ oldest_ms, owned, unowned, ...rest }) => ({
    ...rest,
    oldest: rest.pending === 0 ? "" : formatDuration(oldest_ms),
    owned: `${owned} of ${owned + unowned}`,
  }));
  return [
    `${backend}: ${stateOf(status)}`,
    ...(durability === null ? [] : [`Durability: ${durability}`]),
    "",
    rows.length === 0 ? "No node has worked on this store yet" : renderTable(rows, COLUMNS, width),
    "",
    ...factLines(status),
    ...attentionLines(status),
  ].join("\n");
}

function stateOf({ status, processors }: StoreStatus): string {
  const isIdle = processors.every(({ pending }) => pending === 0);
  return status === "ok" ? isIdle ? "nothing waits" : "work flows" : status;
}

function factLines(
  { nodes, timers, next_timer_at, pauses, projections = [], fan_out }: StoreStatus,
): string[] {
  const working = nodes.map(({ node, mailboxes }) => `${node} (${mailboxes})`).join(", ");
  const next = next_timer_at === null ? "" : `, the next at ${next_timer_at}`;
  return [
    `Nodes, with their mailboxes: ${working || "none"}`,
    `Timers: ${formatInteger(timers)}${next}`,
    ...toPrintableParts(pauses).map(({ kind, name, by, why, at }) =>
      `${kind === "node" ? "Drained" : "Paused"}: ${name}, since ${at} by ${by}: ${why}`
    ),
    ...projections.map(({ name, state, pending }) =>
      `Read model ${name}: ${state}, ${formatInteger(pending)} behind`
    ),
    ...(fan_out === undefined ? [] : [fanOutLine(fan_out)]),
  ];
}

function fanOutLine({ state, writer, pending }: NonNullable<StoreStatus["fan_out"]>): string {
  const by = writer === null ? "by no node" : `by ${writer}`;
  return `Fan-out: ${state}, ${by}, ${formatInteger(pending)} behind`;
}

/** What waits for a person, each with the command that shows it. */
function attentionLines({ processors, refused = 0, why }: StoreStatus): string[] {
  const dead = processors.filter((each) => each.dead > 0)
    .map(({ name, dead }) => `${name}: ${formatInteger(dead)} dead; see dlq list --processor ${name}`);
  const inbox = refused === 0 ? [] : [`Refused at the door: ${formatInteger(refused)}; see inbox list`];
  const lines = [...why, ...dead, ...inbox];
  return lines.length === 0 ? [] : ["", "Needs attention:", ...lines.map((line) => `  ${line}`)];
}
