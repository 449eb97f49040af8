/**
 * Whether a node can be counted on for work. Pure.
 *
 * A node is ready once its store answers and it holds a lease, or finds every partition in other hands: then nothing is
 * left for it to take, and it stands by. A node whose leases ran out in an outage is not ready before it has one again.
 * @module
 */
import type { Health, MailboxHealth } from "../../backends/health.ts";

/** What a node knows of itself that decides about its readiness. */
interface ReadinessFacts {
  /** The name that its leases bear. */
  readonly node: string;
  readonly processors: readonly string[];
  /** It was asked to stop: what it has in hand is settled, and nothing new is taken up. */
  readonly isStopping?: boolean;
}

/** One sentence on what is missing; undefined for a node that is ready. */
export function notReadyReason(health: Health, facts: ReadinessFacts): string | undefined {
  const { mailboxes, pauses = [] } = health;
  if (facts.isStopping) return "it is stopping";
  if (pauses.some(({ kind, name }) => kind === "node" && name === facts.node)) return "it is drained";
  const own = mailboxes.filter(({ processor }) => facts.processors.includes(processor));
  if (own.length === 0) return "it knows of no mailbox yet";
  const isHeld = ({ owner, leaseMs }: MailboxHealth) => owner !== null && leaseMs > 0;
  if (own.every(isHeld) || own.some((each) => isHeld(each) && each.owner === facts.node)) return undefined;
  return "it holds no lease yet, and there are partitions without an owner";
}
