/** The options of the subcommands of `mirror`. @module */
import { z } from "zod";
import { flag } from "../../../schema/settings.ts";
import type { Values } from "../../cli/options.ts";
import { outputOptions } from "../../cli/output.ts";
import { natsOptions } from "../../store/nats_options.ts";
import { backendOptions } from "../../store/options.ts";

/** A token of a subject. */
const domain = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, - and _, 64 at most");

export const mirrorOptions = { url: backendOptions.url, ...natsOptions, ...outputOptions } as const;

export const createMirrorOptions = {
  of: {
    schema: domain.optional(),
    value: "DOMAIN",
    help: "the JetStream domain of the servers that have the store; needed",
  },
  ...mirrorOptions,
} as const;

export const promoteOptions = {
  "source-is-over": {
    schema: flag,
    help: "also where the source answers: its nodes are stopped, and nobody will write to it again",
  },
  ...mirrorOptions,
} as const;

export type MirrorValues = Values<typeof mirrorOptions>;
export type CreateMirrorValues = Values<typeof createMirrorOptions>;
export type PromoteValues = Values<typeof promoteOptions>;
