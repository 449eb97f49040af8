/** Who gives a command: what the store proves, or else the account of the machine. @module */
import { userInfo } from "node:os";
import type { Backend } from "../../backends/backend.ts";
import { NotAllowed } from "../../backends/errors.ts";
import { actorNameFault, isSameActor } from "../../schema/authority/names.ts";
import { actorName, text } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { BackendValues } from "./options.ts";

/** Who acts, and by whose hand. */
interface Actor {
  readonly by: string;
  readonly account: string;
}

/**
 * Who acts: `as`, where the account may act for others, or else the account itself. On a PostgreSQL of one's own that is the role of
 * the session; elsewhere, the account of the machine. Throws NotAllowed or UsageError.
 */
export async function actorOf(
  { producers }: Pick<Backend, "producers">,
  { backend, url }: Pick<BackendValues, "backend" | "url">,
  as: string | undefined,
): Promise<Actor> {
  const self = await producers.self();
  const account = backend === "postgres" && url !== undefined ? self.name : machineAccount();
  if (as === undefined) return { by: requireName(account), account };
  if (isSameActor(as, account) || self.isOwner) return { by: as, account };
  const granted = (await producers.list()).find(({ name }) => name === self.name);
  if (granted?.onBehalfOf !== true) throw new NotAllowed(`${account} may not act as ${as}`);
  return { by: as, account };
}

/** Who acts, as the trail has it: with the account beside the name of another. Throws as `actorOf`. */
export async function actedBy(
  backend: Pick<Backend, "producers">,
  values: Pick<BackendValues, "backend" | "url"> & { readonly as?: string | undefined },
): Promise<string> {
  const { by, account } = await actorOf(backend, values, values.as);
  return isSameActor(by, account) ? by : `${by} (account ${account})`;
}

/** The option of who acts, for the trail. */
export const asOption = {
  schema: actorName.optional(),
  value: "NAME",
  help: "who acts, where the account may act for others; default: the account itself",
} as const;

/** The options of an act that is kept in the trail. */
export const actOptions = {
  as: asOption,
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail; needed" },
} as const;

function machineAccount(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

function requireName(account: string): string {
  const fault = actorNameFault(account);
  if (fault === undefined) return account;
  throw new UsageError(`Cannot act under the name of this account: it ${fault}. Name somebody with --as`);
}
