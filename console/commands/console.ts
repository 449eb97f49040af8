/** `console`: another link to sign in to the console of a node on this machine. @module */
import { command, commandGroup } from "../cli/command.ts";
import { CommandError, exitCodes } from "../cli/exit_codes.ts";
import type { Parsed } from "../cli/options.ts";
import { startOptions } from "../node/start_options.ts";

const linkOptions = {
  host: { ...startOptions.host, help: "where the node listens; default 127.0.0.1" },
  port: { ...startOptions.port, help: "its port; default 8080" },
} as const;

const link = command({
  name: "link",
  summary: "Prints a link that signs in once, within ten minutes",
  options: linkOptions,
  notes: "Only the user that runs the node can make one. With --auth token people sign in with their token.",
  exits: { [exitCodes.unavailable]: "no such node, or it is another user's" },
  async run({ values: { host, port } }: Parsed<typeof linkOptions>, output) {
    const { askLink, readLinkSecret } = await import("../web/link_file.ts");
    const secret = await readLinkSecret(port);
    const url = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}/`;
    const token = secret === undefined ? undefined : await askLink(url, secret);
    if (token === undefined) {
      throw new CommandError(
        exitCodes.unavailable,
        `No node of this user serves its console at ${url}: see its --host and --port`,
      );
    }
    output.out(`${url}login?token=${token}`);
    return exitCodes.ok;
  },
});

/** `console`: works on the machine of the node. */
export const consoleCommand = commandGroup({
  name: "console",
  summary: "The console of a node in a browser: another link to sign in",
  subcommands: [link],
});
