/** A backend whose mailboxes were tampered with. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";

/** The same thing, with some of its parts replaced. */
export function override<T extends object>(original: T, members: Partial<T>): T {
  return new Proxy(original, {
    get(target, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof T];
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

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
