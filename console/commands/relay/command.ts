/** `relay`: brings the log to others, and shows and steers what does. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes, UsageError } from "../../cli/exit_codes.ts";
import type { Parsed } from "../../cli/options.ts";
import { validateRelay } from "../../relay/options.ts";
import { listRelaysOptions, relayActOptions, rewindRelayOptions, startRelayOptions } from "./options.ts";

const start = command({
  name: "start",
  summary: "Brings the log to a target, until Ctrl-C",
  options: startRelayOptions,
  notes: [
    "CloudEvents go out, in order within each case. The store keeps how far a relay is: it goes on from there, and another",
    "process takes it over within seconds when this one dies. To a file or a stream each event comes once; an HTTP endpoint",
    "gets it at least once, always under the same id. Personal data is masked, but for the fields of --personal.",
  ].join("\n"),
  examples: [
    ["zaakstroom relay --to https://example.nl/events --types case.decision", "notify another system"],
    ["zaakstroom relay --to nats://host:4222", "one event a message on cases.<type>"],
    ["zaakstroom relay --to events.ndjson --until-idle", "a file for a warehouse"],
  ],
  exits: {
    [exitCodes.failed]: "the target takes no more of this relay",
    [exitCodes.inUse]: "another process runs this relay",
    [exitCodes.interrupted]: "second Ctrl-C",
  },
  async run({ values }: Parsed<typeof startRelayOptions>, output) {
    validateRelay(values);
    return await (await import("./start.ts")).startRelay(values, output);
  },
});

const list = command({
  name: "list",
  summary: "Lists relays: where they are, how far, and what they hold",
  options: listRelaysOptions,
  async run({ values }: Parsed<typeof listRelaysOptions>, output) {
    return await (await import("./list.ts")).listRelays(values, output);
  },
});

const status = command({
  name: "status",
  summary: "Shows one relay, with its dead letters",
  arguments: "NAME",
  options: listRelaysOptions,
  exits: { [exitCodes.notFound]: "there is no such relay" },
  async run({ values, positional }: Parsed<typeof listRelaysOptions>, output) {
    return await (await import("./list.ts")).showRelay(nameIn("status", positional), values, output);
  },
});

/** A subcommand that changes the record of a relay. */
function act(name: "pause" | "resume" | "retry" | "remove", summary: string) {
  return command({
    name,
    summary,
    arguments: "NAME",
    options: relayActOptions,
    exits: { [exitCodes.notFound]: "there is no such relay" },
    async run({ values, positional }: Parsed<typeof relayActOptions>, output) {
      const relay = nameIn(name, positional);
      requireReason(name, values);
      return await (await import("./act.ts")).actOnRelay(name, relay, values, output);
    },
  });
}

const rewind = command({
  name: "rewind",
  summary: "Has a relay send again from a position on",
  arguments: "NAME",
  options: rewindRelayOptions,
  exits: { [exitCodes.notFound]: "there is no such relay" },
  async run({ values, positional }: Parsed<typeof rewindRelayOptions>, output) {
    const relay = nameIn("rewind", positional);
    requireReason("rewind", values);
    return await (await import("./act.ts")).rewindRelay(relay, values, output);
  },
});

/** `relay`: without a subcommand it starts one. */
export const relay = commandGroup({
  name: "relay",
  summary: "Brings the log to others: NATS, an HTTP endpoint, a file; lists and steers relays",
  otherwise: "start",
  subcommands: [
    start,
    list,
    status,
    act("pause", "Has a relay wait"),
    act("resume", "Has a relay go on that was paused, or stopped by its target"),
    act("retry", "Has a relay send its dead letters again"),
    act("remove", "Forgets a relay, and how far it was"),
    rewind,
  ],
});

function nameIn(verb: string, [name, ...more]: readonly string[]): string {
  if (name === undefined || more.length > 0) throw new UsageError(`relay ${verb} takes one NAME`);
  return name;
}

function requireReason(verb: string, { reason }: { readonly reason?: string | undefined }): void {
  if (reason === undefined) {
    throw new UsageError(`relay ${verb} needs --reason: it is kept in the audit trail`);
  }
}
