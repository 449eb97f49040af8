/** The options of the subcommands of `events`. @module */
import { z } from "zod";
import { isEventType } from "../../../schema/events.ts";
import { flag, oneOf, text, timestamp, wholeNumber } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { actorOptions } from "../../store/identity.ts";
import { backendOptions } from "../../store/options.ts";

/** The types of a list with commas, each of which there is. */
const types = z.string().transform((list) => list.split(",")).refine((all) => all.every(isEventType), {
  error: "must be event types with commas between them, such as case.intake,case.decision",
});

const position = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** Which events, and what is shown of them. */
const shared = {
  type: { schema: types.optional(), value: "TYPES", help: "only these types, with commas between them" },
  case: { schema: text.optional(), value: "ID", help: "only of this case" },
  output: {
    schema: oneOf(["ndjson", "csv"]).default("ndjson"),
    value: "FORMAT",
    help: "ndjson (an object a line) or csv; default ndjson",
  },
  personal: { schema: flag, help: "show personal data as it is stored; needs --reason, which is kept" },
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail" },
  ...actorOptions,
} as const;

export const readEventsOptions = {
  ...shared,
  from: { schema: timestamp.optional(), value: "TIME", help: "recorded at this time or later" },
  to: { schema: timestamp.optional(), value: "TIME", help: "recorded at this time or before" },
  "from-position": { schema: position.optional(), value: "N", help: "at this position or after it" },
  "to-position": { schema: position.optional(), value: "N", help: "at this position or before it" },
  limit: { schema: position.optional(), value: "N", help: "at most this many" },
  ...backendOptions,
} as const;

export const tailEventsOptions = {
  ...shared,
  from: { schema: timestamp.optional(), value: "TIME", help: "recorded since then; default: from now on" },
  "from-position": { schema: position.optional(), value: "N", help: "at this position or after it" },
  ...backendOptions,
} as const;

export type ReadEventsValues = Values<typeof readEventsOptions>;
export type TailEventsValues = Values<typeof tailEventsOptions>;
