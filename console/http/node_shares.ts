/** Which nodes there are, and how many mailboxes each has. Pure. @module */
import type { Health, MailboxHealth } from "../../backends/health.ts";
import { isUnowned } from "./processor_report.ts";

export interface NodeShare {
  readonly node: string;
  readonly mailboxes: number;
}

/** The nodes with a lease that runs, by name. */
export function nodeShares(mailboxes: readonly MailboxHealth[]): readonly NodeShare[] {
  const counts = new Map<string, number>();
  for (const mailbox of mailboxes) {
    if (!isUnowned(mailbox)) counts.set(mailbox.owner!, (counts.get(mailbox.owner!) ?? 0) + 1);
  }
  return [...counts].map(([node, count]) => ({ node, mailboxes: count }))
    .toSorted((a, b) => a.node < b.node ? -1 : 1);
}

/** A node as it is listed. */
export interface NodeRow {
  readonly name: string;
  /** `gone`: it has leases that run, and is not alive; or it is drained, and not alive. */
  readonly state: "working" | "drained" | "gone";
  readonly mailboxes: number;
  /** The processors that it has. */
  readonly processors: readonly string[];
  readonly drained_at: string | null;
  readonly drained_by: string | null;
  readonly why: string | null;
}

/** All nodes of which anything is known, by name. */
export function nodeRows(
  { mailboxes, nodes = [], pauses = [] }: Pick<Health, "mailboxes" | "nodes" | "pauses">,
): readonly NodeRow[] {
  const shares = new Map(nodeShares(mailboxes).map((share) => [share.node, share.mailboxes]));
  const alive = new Map(nodes.map(({ node, processors }) => [node, processors]));
  const drained = new Map(pauses.filter(({ kind }) => kind === "node").map((pause) => [pause.name, pause]));
  return [...new Set([...alive.keys(), ...shares.keys(), ...drained.keys()])].sort().map((name) => {
    const { at = null, by = null, why = null } = drained.get(name) ?? {};
    const state = !alive.has(name) ? "gone" : drained.has(name) ? "drained" : "working";
    const counts = { mailboxes: shares.get(name) ?? 0, processors: alive.get(name) ?? [] };
    return { name, state, ...counts, drained_at: at, drained_by: by, why };
  });
}
