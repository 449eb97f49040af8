/** The options by which a relay is told where to bring events, and how. @module */
import { z } from "zod";
import { classOf } from "../../schema/authority/types_from_outside.ts";
import { allEventTypes, isEventType } from "../../schema/events.ts";
import { oneOf, text, wholeNumber } from "../../schema/settings.ts";
import { UsageError } from "../cli/exit_codes.ts";
import type { Values } from "../cli/options.ts";
import { eventNamesOptions } from "../store/event_names.ts";
import { actorOptions } from "../store/identity.ts";

const types = z.string().transform((list) => list.split(",")).refine((all) => all.every(isEventType), {
  error: "must be event types with commas between them, such as case.intake,case.decision",
});

const relayName = z.string().regex(
  /^[\w][\w.-]{0,63}$/,
  "must have letters, digits, dots and dashes, at most 64",
);

export const relayOptions = {
  to: {
    schema: text.optional(),
    value: "TARGET",
    help: "a file, - for standard output, http(s)://…, or nats://host:4222; needed",
  },
  name: { schema: relayName.optional(), value: "NAME", help: "of the relay; default: by its target" },
  types: { schema: types.optional(), value: "TYPES", help: "only these, with commas between them" },
  "from-position": {
    schema: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
    value: "N",
    help: "where a new relay begins; default: with the first event",
  },
  mode: {
    schema: oneOf(["binary", "structured", "batch"]).optional(),
    value: "MODE",
    help: "binary (nats), structured or batch (http); default: binary or batch",
  },
  stream: { schema: text.optional(), value: "NAME", help: "nats: the stream; default RELAY" },
  prefix: { schema: text.default("cases"), value: "WORD", help: "nats: before the types; default cases" },
  into: {
    schema: oneOf(["ingest"]).optional(),
    value: "DOOR",
    help: "nats: ingest hands reported types to another store; needs --personal all",
  },
  "to-creds": { schema: text.optional(), value: "FILE", help: "nats: credentials file of the target" },
  "secret-file": {
    schema: text.optional(),
    value: "FILE",
    help: "http: signs requests, as Standard Webhooks has it",
  },
  "token-file": { schema: text.optional(), value: "FILE", help: "http: a bearer token to send" },
  personal: {
    schema: text.transform((list) => list.split(",")).optional(),
    value: "FIELDS",
    help: "fields that leave as they are stored, with commas between them, or all; needs --reason",
  },
  reason: { schema: text.optional(), value: "TEXT", help: "why, for the audit trail" },
  ...actorOptions,
  ...eventNamesOptions,
} as const;

export type RelayValues = Values<typeof relayOptions>;

/** Refuses what can't go together. Throws UsageError. */
export function validateRelay(values: RelayValues): string {
  const { to, mode, into, personal, reason } = values;
  if (to === undefined) throw new UsageError("relay needs --to: a file, -, http(s)://… or nats://…");
  const kind = kindOf(to);
  const modes = { http: ["structured", "batch"], nats: ["binary", "structured"], file: ["structured"] }[kind];
  if (mode !== undefined && !modes.includes(mode)) {
    throw new UsageError(`Cannot use --mode ${mode} with ${kind}: it takes ${modes.join(" or ")}`);
  }
  const only = {
    nats: ["into", "stream", "to-creds"],
    http: ["secret-file", "token-file"],
    file: [],
  } as const;
  for (const [its, names] of Object.entries(only)) {
    const given = names.find((name) => values[name] !== undefined);
    if (given !== undefined && its !== kind) throw new UsageError(`Cannot use --${given}: it is for ${its}`);
  }
  if (into !== undefined && personal?.join() !== "all") {
    throw new UsageError("Cannot use --into ingest without --personal all: another store takes whole events");
  }
  if (personal !== undefined && reason === undefined) {
    throw new UsageError("Cannot use --personal without --reason: say why");
  }
  return to;
}

/** What kind of target it is. */
export function kindOf(to: string): "file" | "http" | "nats" {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(to) ?? [];
  if (scheme === undefined) return "file";
  if (scheme === "http" || scheme === "https") return "http";
  if (scheme === "nats" || scheme === "tls") return "nats";
  throw new UsageError(`Cannot use --to ${scheme}://…: name a file, -, http(s)://… or nats://…`);
}

/** The types of a relay: into ingest go the reported ones alone. */
export function typesOf({ types, into }: Pick<RelayValues, "types" | "into">): readonly string[] | undefined {
  if (into === undefined) return types;
  return (types ?? allEventTypes).filter((type) => classOf(type) === "reported");
}

/** A target for people: without a user, a password and what stands behind a question mark. */
export function targetForPeople(to: string): string {
  if (kindOf(to) === "file") return to;
  return to.split(",").map((each) => {
    const url = new URL(each);
    return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
  }).join(",");
}

/** The name of a relay that was given none. */
export function nameFor(to: string): string {
  if (to === "-") return "stdout";
  const words = targetForPeople(to).replace(/^\w+:\/\//, "").replace(/[^\w.-]+/g, "-").replace(
    /^[.-]+|-+$/g,
    "",
  );
  return words.slice(-64).replace(/^[.-]+/, "") || "relay";
}
