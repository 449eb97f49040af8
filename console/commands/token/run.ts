/** What the subcommands of `token` do. @module */
import { actorName } from "../../../schema/settings.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes, UsageError } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { digestOf } from "../../web/sessions.ts";
import { isExpired, newToken, readEntries, writeEntries } from "../../web/token_file.ts";
import type { CreateTokenValues, TokenValues } from "./options.ts";

export async function createToken(
  name: string,
  values: CreateTokenValues,
  output: Output,
): Promise<number> {
  const { roles = [], scopes = [], expires, tokens: path } = values;
  const named = actorName.safeParse(name);
  if (!named.success) throw new UsageError(`token create: NAME ${named.error.issues[0]!.message}`);
  if (roles.length + scopes.length === 0) {
    throw new UsageError("token create needs --roles or --scopes: without, the token opens nothing");
  }
  const token = newToken();
  const until = expires === undefined ? {} : { expires: new Date(Date.now() + expires).toISOString() };
  const entry = { name, roles, scopes, sha256: digestOf(token), ...until };
  await writeEntries(path, [...await readEntries(path), entry]);
  output.err(`The token of ${name}, which is shown only now:`);
  printResult(output, values, { json: { name, roles, scopes, ...until, token }, text: token });
  return exitCodes.ok;
}

export async function listTokens(values: TokenValues, output: Output): Promise<number> {
  const entries = await readEntries(values.tokens);
  const rows = entries.map(({ name, roles, scopes, expires, sha256 }) => ({
    ...{ name, roles, scopes, expires: expires ?? null },
    is_expired: isExpired({ expires }, Date.now()),
    digest: sha256.slice(0, 8),
  }));
  const columns = ["name", "roles", "scopes", "expires", "is_expired", "digest"];
  printResult(output, values, listResult("tokens", rows, { columns, empty: "Nobody has a token" }));
  return exitCodes.ok;
}

export async function revokeTokens(name: string, values: TokenValues, output: Output): Promise<number> {
  const entries = await readEntries(values.tokens);
  const kept = entries.filter((entry) => entry.name !== name);
  const revoked = entries.length - kept.length;
  if (revoked === 0) {
    throw new CommandError(exitCodes.notFound, `Nobody named ${name} has a token in ${values.tokens}`);
  }
  await writeEntries(values.tokens, kept);
  printResult(output, values, { json: { name, revoked }, text: `Revoked: ${revoked}` });
  return exitCodes.ok;
}
