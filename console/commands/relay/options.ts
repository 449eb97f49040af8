/** The options of the subcommands of `relay`. @module */
import { flag, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { relayOptions } from "../../relay/options.ts";
import { actOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

export const startRelayOptions = {
  ...relayOptions,
  "until-idle": { schema: flag, help: "end when the target has everything" },
  ...backendOptions,
} as const;

export const listRelaysOptions = { ...outputOptions, ...backendOptions } as const;

export const relayActOptions = {
  ...actOptions,
  ...listRelaysOptions,
} as const;

export const rewindRelayOptions = {
  "from-position": {
    schema: wholeNumber(1, Number.MAX_SAFE_INTEGER).default(1),
    value: "N",
    help: "where to begin anew; default: with the first event",
  },
  ...relayActOptions,
} as const;

export type StartRelayValues = Values<typeof startRelayOptions>;
export type ListRelaysValues = Values<typeof listRelaysOptions>;
export type RelayActValues = Values<typeof relayActOptions>;
export type RewindRelayValues = Values<typeof rewindRelayOptions>;
