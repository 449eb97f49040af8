/** `mirror`: a copy of a JetStream store at another place, that follows it, and becomes the store when that place is lost. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { createMirrorOptions, mirrorOptions, promoteOptions } from "./options.ts";

const create = command({
  name: "create",
  summary: "Makes mirrors of a store's streams on a server that is linked to its own",
  options: createMirrorOptions,
  notes: [
    "The server of --url has a leaf node connection to those of the store, and a JetStream domain of its own. Run it again when",
    "mirror status says that a stream has none yet. Nothing is asked of the store but to be read.",
  ].join("\n"),
  examples: [[
    "zaakstroom mirror create --url nats://elsewhere:4222 --of hub",
    "of the store in the domain hub",
  ]],
  exits: { [exitCodes.unusable]: "the server has a store already, or there is none in the domain" },
  run: async ({ values }: Parsed<typeof createMirrorOptions>, output) =>
    await (await import("./run.ts")).createMirrors(values, output),
});

const status = command({
  name: "status",
  summary: "Shows how far the mirrors are, and what would be lost with the source",
  options: mirrorOptions,
  exits: { [exitCodes.failed]: "the source does not answer, or a stream of it has no mirror" },
  run: async ({ values }: Parsed<typeof mirrorOptions>, output) =>
    await (await import("./run.ts")).showMirrors(values, output),
});

const promote = command({
  name: "promote",
  summary: "Makes the store of its mirror, when the other place is lost",
  options: promoteOptions,
  notes: [
    "Refused while the source answers: of two stores that both take events, one is lost. What the source acknowledged in its",
    "last moments and had not come is not there. The store is on a new timeline, as a restored one is: what leaves it waits",
    "until backup accept. The old one must never be written to again: cut the link before its servers come back.",
  ].join("\n"),
  examples: [["zaakstroom mirror promote --url nats://elsewhere:4222", "the other place is gone"]],
  exits: { [exitCodes.unusable]: "there is no mirror, or its source answers" },
  run: async ({ values }: Parsed<typeof promoteOptions>, output) =>
    await (await import("./run.ts")).promoteMirrors(values, output),
});

export const mirror = commandGroup({
  name: "mirror",
  summary: "nats: a copy of a store at another place, which becomes the store when that one is lost",
  subcommands: [create, status, promote],
});
