/** Which node has how many mailboxes. Pure. @module */
import type { MailboxHealth } from "../../backends/health.ts";
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
