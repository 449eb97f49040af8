/** `token`: who may use the console and the HTTP API of a node, beside whoever has its link. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { createTokenOptions, tokenOptions } from "./options.ts";

const create = command({
  name: "create",
  summary: "Makes a token, prints it once, and keeps its digest",
  arguments: "NAME",
  options: createTokenOptions,
  notes:
    "The name is that of a person or a program: what it does is told under it. The token is printed and is then nowhere.",
  examples: [
    ["zaakstroom token create s.voorbeeld --roles operator", "for a person"],
    [
      "zaakstroom token create belastingen --scopes events.append --expires 90d",
      "for a producer, for 90 days",
    ],
  ],
  run: async ({ values, positional }: Parsed<typeof createTokenOptions>, output) =>
    await (await import("./run.ts")).createToken(oneName("create", positional), values, output),
});

const list = command({
  name: "list",
  summary: "Lists who has a token, and what each may do",
  options: tokenOptions,
  run: async ({ values }: Parsed<typeof tokenOptions>, output) =>
    await (await import("./run.ts")).listTokens(values, output),
});

const revoke = command({
  name: "revoke",
  summary: "Takes all tokens of a name away; a node knows within a second",
  arguments: "NAME",
  options: tokenOptions,
  exits: { [exitCodes.notFound]: "nobody of that name has one" },
  run: async ({ values, positional }: Parsed<typeof tokenOptions>, output) =>
    await (await import("./run.ts")).revokeTokens(oneName("revoke", positional), values, output),
});

export const token = commandGroup({
  name: "token",
  summary: "Tokens for the console and the HTTP API: makes, lists and revokes them",
  notes: "They are kept in a file, by digest. A node takes them with start --tokens FILE.",
  subcommands: [create, list, revoke],
});

function oneName(verb: string, [name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) throw new UsageError(`token ${verb} takes one NAME`);
  return name;
}
