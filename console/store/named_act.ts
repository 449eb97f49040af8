/** Acts of a person on something by its name. @module */
import { UsageError } from "../cli/exit_codes.ts";

/** What of a command line such an act looks at. */
interface NamedAct {
  readonly values: { readonly reason?: string | undefined };
  readonly positional: readonly string[];
}

/** The name that an act is about. Throws UsageError where there is none, or more, or no reason. */
export function namedWithReason(act: string, { values, positional: [name, ...more] }: NamedAct): string {
  if (name === undefined || more.length > 0) throw new UsageError(`${act} takes one NAME`);
  requireActReason(act, values);
  return name;
}

/** Throws UsageError where an act that is kept in the audit trail has no reason. */
export function requireActReason(act: string, { reason }: NamedAct["values"]): void {
  if (reason !== undefined) return;
  throw new UsageError(`${act} needs --reason: it is kept in the audit trail`);
}
