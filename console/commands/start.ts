/** `start`: runs a node, under its guardian. @module */
import { guard } from "../../actors/guardian.ts";
import { scenarioNames } from "../../simulators/scenarios.ts";
import { timeScale } from "../../simulators/simulated_clock.ts";
import { duration, given, moment, oneOf, rate, text, wholeNumber } from "../../schema/settings.ts";
import { backendOptions, jsonOption } from "../backend_options.ts";
import { command, type Output } from "../command.ts";
import { exitCodes, UsageError } from "../exit_codes.ts";
import { defaultWorkers } from "../node.ts";
import { type Parsed, type Values } from "../options.ts";
import { nodeProgram } from "../program.ts";
import { runNode } from "../run_node.ts";

/** Set for the node by its guardian. */
export const GUARDED = "ZAAKSTROOM_GUARDED";

export const startOptions = {
  ...backendOptions,
  workers: {
    schema: wholeNumber(1, 64).default(defaultWorkers()),
    value: "N",
    env: "ZAAKSTROOM_WORKERS",
    help: `worker threads; default ${defaultWorkers()} here`,
  },
  simulate: { schema: rate.optional(), value: "RATE", help: "feed generated cases, e.g. 100/sec" },
  count: { schema: wholeNumber(1, 100_000_000).optional(), value: "N", help: "feed so many generated cases" },
  seed: {
    schema: text.optional(),
    value: "TEXT",
    help: "the same seed gives the same cases; default: a new one",
  },
  scenario: {
    schema: oneOf(scenarioNames as [string, ...string[]]).default("none"),
    value: "NAME",
    help: `a labelled departure from the sourced figures: ${scenarioNames.join(", ")}`,
  },
  from: {
    schema: moment.optional(),
    value: "TIME",
    help: "when the first generated case arrives; default: now, or with --seed 2026-01-01T00:00:00Z",
  },
  "time-scale": {
    schema: timeScale.optional(),
    value: "SCALE",
    help: "play the citizen in simulated time that begins at --from, e.g. 1y/min",
  },
  "until-idle": { schema: given, help: "end when nothing is left to do, with a summary and the ledger" },
  json: { ...jsonOption, help: "print the summary, and log, as JSON" },
  host: {
    schema: text.default("127.0.0.1"),
    value: "HOST",
    env: "ZAAKSTROOM_HOST",
    help: "address for /health and /metrics; default 127.0.0.1",
  },
  port: {
    schema: wholeNumber(0, 65_535).default(8080),
    value: "PORT",
    env: "ZAAKSTROOM_PORT",
    help: "port for /health and /metrics, 0 for any free one; default 8080",
  },
  node: {
    schema: text.optional(),
    value: "NAME",
    env: "ZAAKSTROOM_NODE",
    help: "name of this node; default: a new one",
  },
  lease: {
    schema: duration.default(5_000),
    value: "TIME",
    env: "ZAAKSTROOM_LEASE",
    help: "how soon others take over from a node that is gone; default 5s",
  },
  "stop-within": {
    schema: duration.default(10_000),
    value: "TIME",
    help: "deadline for a graceful stop; default 10s",
  },
} as const;

export type StartValues = Values<typeof startOptions>;

export const start = command({
  name: "start",
  summary: "Runs a node: takes cases from the store through the processors",
  options: startOptions,
  notes: [
    "Examples:",
    "  zaakstroom start                                         run until stopped",
    "  zaakstroom start --simulate 100/sec                      with a stream of generated cases",
    "  zaakstroom start --count 1000 --until-idle --json        generate, process, prove, and end",
    "  zaakstroom start --url postgres://user@host/database     on a server of your own",
    "",
    "Ctrl-C stops in order: what is in hand is settled. A second Ctrl-C ends at once (exit code 130).",
  ].join("\n"),
  async run(parsed: Parsed<typeof startOptions>, output) {
    if (parsed.positional.length > 0) {
      throw new UsageError(`start takes no arguments: ${parsed.positional[0]}`);
    }
    requireSense(parsed.values);
    return Deno.env.get(GUARDED) === undefined
      ? await runGuarded(parsed.values, output)
      : await runNode(parsed.values, output);
  },
});

function requireSense({ simulate, count, seed, from }: StartValues): void {
  if (from !== undefined && simulate === undefined && count === undefined) {
    throw new UsageError("Cannot use --from alone: it belongs to --count or --simulate");
  }
  if (seed !== undefined && simulate === undefined && count === undefined) {
    throw new UsageError("Cannot use --seed alone: it belongs to --count or --simulate");
  }
}

/** The node gets a name and a seed that outlive it: started again, it takes its own leases at once and goes on feeding. */
async function runGuarded(values: StartValues, output: Output): Promise<number> {
  const node = values.node ?? `${Deno.hostname()}-${crypto.randomUUID().slice(0, 8)}`;
  const { command, args } = nodeProgram(["--node", node, ...sameCases(values)]);
  return await guard({
    command,
    args,
    env: { [GUARDED]: "1" },
    intensity: { restarts: 10, periodMs: 60_000 },
    isFinal: (code) => code <= exitCodes.notFound,
    recycleCode: exitCodes.recycle,
    interruptedCode: exitCodes.interrupted,
    tell: (line) =>
      output.err(
        values.json ? JSON.stringify({ at: new Date().toISOString(), event: "guardian", line }) : line,
      ),
  });
}

/** A run that is counted gets a seed and a beginning that outlive the node. Of cases of our own choice, they arrive now. */
function sameCases({ count, seed, from }: StartValues): string[] {
  if (count === undefined || seed !== undefined) return [];
  return ["--seed", crypto.randomUUID(), ...(from === undefined ? ["--from", new Date().toISOString()] : [])];
}
