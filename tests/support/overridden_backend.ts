/** A backend whose mailboxes were tampered with. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";
import { override } from "../../backends/primitives/override.ts";

/** A backend that gives out its mailboxes with parts replaced. */
export function overrideMailboxes(
  membersOf: (mailbox: Mailbox) => Partial<Mailbox>,
): (backend: Backend) => Backend {
  return (backend) =>
    override(backend, {
      async *mailboxes(processor, signal) {
        for await (const mailbox of backend.mailboxes(processor, signal)) {
          yield override(mailbox, membersOf(mailbox));
        }
      },
    });
}
