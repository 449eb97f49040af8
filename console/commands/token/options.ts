/** The options of the subcommands of `token`. @module */
import { duration, listOf, text } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { actNames, roles } from "../../web/access.ts";

const file = {
  tokens: {
    schema: text.default("tokens.json"),
    value: "FILE",
    env: "ZAAKSTROOM_TOKENS",
    help: "the file of tokens, as start --tokens takes it; default tokens.json",
  },
} as const;

export const createTokenOptions = {
  roles: { schema: listOf(roles).optional(), value: "ROLES", help: `what it may do: ${roles.join(", ")}` },
  scopes: {
    schema: listOf(actNames).optional(),
    value: "ACTS",
    help: "single acts beside its roles: events.append for a producer",
  },
  expires: {
    schema: duration.optional(),
    value: "DURATION",
    help: "for how long it counts, as 90d; default: until it is revoked",
  },
  ...file,
  ...outputOptions,
} as const;

export const tokenOptions = { ...file, ...outputOptions } as const;

export type CreateTokenValues = Values<typeof createTokenOptions>;
export type TokenValues = Values<typeof tokenOptions>;
