/** Who gives a command: by a token, or what the store proves, or else the account of the machine. @module */
import { userInfo } from "node:os";
import type { Backend } from "../../backends/backend.ts";
import { NotAllowed } from "../../backends/errors.ts";
import { actorNameFault, isSameActor } from "../../schema/authority/names.ts";
import { actorName, text } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { Values } from "../cli/options.ts";
import { access, type Act, isAllowed } from "../web/access.ts";
import type { Principal } from "../web/sessions.ts";
import { openTokens } from "../web/token_file.ts";
import type { BackendValues } from "./options.ts";

/** The options by which somebody proves who they are. A token is better kept in a file: command lines are seen by others. */
export const proofOptions = {
  token: {
    schema: text.optional(),
    value: "TOKEN",
    env: "ZAAKSTROOM_TOKEN",
    fromFile: true,
    secret: true,
    help: "a token of token create: who acts is whose it is; better from a file",
  },
  tokens: {
    schema: text.default("tokens.json"),
    value: "FILE",
    env: "ZAAKSTROOM_TOKENS",
    help: "the file of tokens in which a token is looked up; default tokens.json",
  },
} as const;

/** The options of who acts, for the trail. */
export const actorOptions = {
  as: {
    schema: actorName.optional(),
    value: "NAME",
    help: "who acts, where the account may act for others; default: the account itself",
  },
  ...proofOptions,
} as const;

type TokenValues = Values<typeof proofOptions>;
type ActorValues = Partial<Values<typeof actorOptions>> & Pick<BackendValues, "backend" | "url">;

/** Who acts, and by whose hand. */
interface Actor {
  readonly by: string;
  readonly account: string;
}

/**
 * Who acts: whose token it is, or `--as`, where the account may act for others, or else the account itself. On a PostgreSQL of one's
 * own the account is the role of the session; elsewhere, that of the machine. Throws NotAllowed or UsageError.
 */
export async function actorOf(
  backend: Pick<Backend, "producers">,
  values: ActorValues,
  act: Act,
): Promise<Actor> {
  const { as } = values;
  const account = await accountOf(backend, values);
  const principal = await principalOf(backend, values, act);
  if (principal !== undefined) {
    if (as === undefined || isSameActor(as, principal.name)) return { by: principal.name, account };
    if (await isGrantedOthers(backend, principal.name)) return { by: as, account: principal.name };
    throw new NotAllowed(`${principal.name} may not act as ${as}`);
  }
  if (as === undefined) return { by: requireName(account), account };
  if (isSameActor(as, account) || await mayActForOthers(backend)) return { by: as, account };
  throw new NotAllowed(`${account} may not act as ${as}`);
}

/** Who acts, as the trail has it: with the account beside the name of another. Throws as `actorOf`. */
export async function actedBy(
  backend: Pick<Backend, "producers">,
  values: ActorValues,
  act: Act,
): Promise<string> {
  const { by, account } = await actorOf(backend, values, act);
  return isSameActor(by, account) ? by : `${by} (account ${account})`;
}

/**
 * Whose token was given, where it may do this; undefined without one. What a token opens is the store of an account that may act for
 * others: to the store it proves nothing by itself. Throws NotAllowed and UsageError.
 */
export async function principalOf(
  backend: Pick<Backend, "producers">,
  { token, tokens }: Partial<TokenValues>,
  act: Act,
): Promise<Principal | undefined> {
  if (token === undefined) return undefined;
  const principal = (await openTokens(tokens ?? proofOptions.tokens.schema.parse(undefined)))(token);
  if (principal === undefined) throw new NotAllowed("nobody has this token, or it has expired");
  const { name } = principal;
  if (!isAllowed(principal, act)) {
    throw new NotAllowed(
      `this takes one of the roles ${access[act].join(", ")}, or the scope ${act}: not ${name}`,
    );
  }
  if (await mayActForOthers(backend)) return principal;
  throw new NotAllowed(`${(await backend.producers.self()).name} may not act with the token of ${name}`);
}

async function accountOf({ producers }: Pick<Backend, "producers">, { backend, url }: ActorValues) {
  return backend === "postgres" && url !== undefined ? (await producers.self()).name : machineAccount();
}

/** True where the account that the store proves may act under other names: its owner may. */
async function mayActForOthers(backend: Pick<Backend, "producers">): Promise<boolean> {
  const { name, isOwner } = await backend.producers.self();
  return isOwner || await isGrantedOthers(backend, name);
}

async function isGrantedOthers({ producers }: Pick<Backend, "producers">, of: string): Promise<boolean> {
  return (await producers.list()).some(({ name, onBehalfOf }) => name === of && onBehalfOf);
}

/** The options of an act that is kept in the trail. */
export const actOptions = {
  ...actorOptions,
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
