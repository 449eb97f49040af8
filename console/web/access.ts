/** Who may do what: the one table of acts and roles, for pages, acts and JSON alike. Pure. @module */

/** The roles that a person or a program can have. */
export const roles = ["viewer", "caseworker", "approver", "operator", "auditor", "admin"] as const;
export type Role = (typeof roles)[number];

const everyone: readonly Role[] = roles;
const operators: readonly Role[] = ["operator", "admin"];
const overseers: readonly Role[] = ["operator", "auditor", "admin"];

/** Every act of the console, with the roles that may do it. */
export const access = {
  "overview.see": everyone,
  "processors.see": everyone,
  "processors.pause": operators,
  "processors.resume": operators,
  "processors.rewind": operators,
  "nodes.drain": operators,
  "nodes.resume": operators,
  "cases.see": everyone,
  "cases.open_personal": ["caseworker", "approver", "auditor", "admin"],
  "review.see": ["caseworker", "approver", "auditor", "admin"],
  "review.propose": ["caseworker", "approver", "admin"],
  "review.approve": ["approver", "admin"],
  "review.decide": ["caseworker", "approver", "admin"],
  "stuck.see": everyone,
  "stuck.preview": operators,
  "stuck.redrive": operators,
  "stuck.discard": operators,
  "parked.retry": operators,
  "inbox.see": overseers,
  "inbox.retry": operators,
  "inbox.discard": operators,
  "audit.see": ["auditor", "admin"],
  "replay.see": everyone,
  "what_if.try": ["approver", "auditor", "admin"],
  "what_if.run": ["approver", "auditor", "admin"],
  "node.see": overseers,
  "events.see": overseers,
  "events.append": ["admin"],
  "producers.change": ["admin"],
  "backup.accept": operators,
  "relays.change": operators,
} as const satisfies Record<string, readonly Role[]>;
export type Act = keyof typeof access;

/** Every act by its name: what a token can be given beside its roles. */
export const actNames = Object.keys(access) as readonly Act[];

/** Whether somebody may do the act: by a role, or because it was given to their token by name. */
export function isAllowed(
  { roles, scopes = [] }: { readonly roles: readonly Role[]; readonly scopes?: readonly Act[] },
  act: Act,
): boolean {
  const allowed: readonly Role[] = access[act];
  return scopes.includes(act) || roles.some((role) => allowed.includes(role));
}
