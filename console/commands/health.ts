/** `health`: asks a node of this machine how it is, for probes that have no other client. @module */
import { oneOf } from "../../schema/settings.ts";
import { command } from "../cli/command.ts";
import { CommandError, exitCodes } from "../cli/exit_codes.ts";
import type { Parsed } from "../cli/options.ts";
import { startOptions } from "../node/start_options.ts";

const healthOptions = {
  host: { ...startOptions.host, help: "where the node listens; default 127.0.0.1" },
  port: { ...startOptions.port, help: "its port; default 8080" },
  path: {
    schema: oneOf(["/health", "/live", "/ready"]).default("/health"),
    value: "PATH",
    help: "/health, /live or /ready; default /health",
  },
} as const;

/** A probe that takes longer has failed. */
const TIMEOUT_MS = 5_000;

export const health = command({
  name: "health",
  summary: "Asks a running node how it is, and prints its answer",
  options: healthOptions,
  notes:
    "For health checks of containers, whose image has no other client. Without --host and --port it takes the node's\n" +
    "own ZAAKSTROOM_HOST and ZAAKSTROOM_PORT; 0.0.0.0 and :: are asked on the loopback.",
  examples: [
    ["zaakstroom health", "the node on 127.0.0.1:8080"],
    ["zaakstroom health --path /live", "whether its loop turns, whatever its store does"],
  ],
  exits: {
    [exitCodes.ok]: "the node is well",
    [exitCodes.failed]: "it answers that it is not",
    [exitCodes.unavailable]: "nothing answers",
  },
  async run({ values: { host, port, path } }: Parsed<typeof healthOptions>, output) {
    const response = await ask(`http://${addressable(host)}:${port}${path}`);
    output.out((await response.text()).trimEnd());
    return response.ok ? exitCodes.ok : exitCodes.failed;
  },
});

async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    throw new CommandError(exitCodes.unavailable, `No node answers at ${url}: see its --host and --port`);
  }
}

/** A host to listen on, as one to connect to. */
function addressable(host: string): string {
  const name = host.replace(/^\[|\]$/g, "");
  if (name === "0.0.0.0") return "127.0.0.1";
  if (name === "::") return "[::1]";
  return name.includes(":") ? `[${name}]` : name;
}
