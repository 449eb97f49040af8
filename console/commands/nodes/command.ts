/** `nodes`: which are alive and what they have, and draining them. @module */
import { command, commandGroup } from "../../cli/command.ts";
import { exitCodes } from "../../cli/exit_codes.ts";
import { namedWithReason } from "../../store/named_act.ts";
import type { Parsed } from "../../cli/options.ts";
import { drainOptions, listNodesOptions } from "./options.ts";

const exits = { [exitCodes.notFound]: "no such node" };

const list = command({
  name: "list",
  summary:
    "Lists nodes that are alive: the mailboxes each has, and which of them are drained, by whom and why",
  options: listNodesOptions,
  run: async ({ values }: Parsed<typeof listNodesOptions>, output) =>
    await (await import("./run.ts")).listNodes(values, output),
});

const drain = command({
  name: "drain",
  summary: "Drains a node: it finishes what it has in hand, gives up its leases to others and takes none",
  arguments: "NAME",
  options: drainOptions,
  notes: [
    "The node goes on running, and answers for its health; it is not ready any more. It stays drained, also when it starts anew under",
    "its name (--node), until it is resumed. nodes list shows when it has given up all.",
  ].join("\n"),
  examples: [["zaakstroom nodes drain node-7 --reason 'new disks'", "before its machine goes down"]],
  exits,
  async run(parsed: Parsed<typeof drainOptions>, output) {
    const name = namedWithReason("nodes drain", parsed);
    return await (await import("./run.ts")).drainNode(name, parsed.values, output);
  },
});

const resume = command({
  name: "resume",
  summary: "Lets a drained node take its share again",
  arguments: "NAME",
  options: drainOptions,
  exits,
  async run(parsed: Parsed<typeof drainOptions>, output) {
    const name = namedWithReason("nodes resume", parsed);
    return await (await import("./run.ts")).resumeNode(name, parsed.values, output);
  },
});

/** `nodes`: on every store. */
export const nodes = commandGroup({
  name: "nodes",
  summary: "Nodes: lists those that are alive, drains and resumes them",
  subcommands: [list, drain, resume],
});
