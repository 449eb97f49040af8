/** `start`: runs a node, under its guardian. @module */
import { command } from "../cli/command.ts";
import { exitCodes, UsageError } from "../cli/exit_codes.ts";
import { asOutage, GUARDED, guardedRun, guardNode } from "../node/guarded_start.ts";
import type { Parsed } from "../cli/options.ts";
import { startOptions, type StartValues } from "../node/start_options.ts";

/** The command. */
export const start = command({
  name: "start",
  summary: "Runs a node: takes cases from the store through the processors",
  options: startOptions,
  notes: "Ctrl-C stops in order: what is in hand is settled. A second Ctrl-C ends at once.",
  examples: [
    ["zaakstroom start", "run until stopped"],
    ["zaakstroom start --simulate 100/sec", "with a stream of generated cases"],
    ["zaakstroom start --count 1000 --until-idle --json", "generate, process, prove, and end"],
    ["zaakstroom start --url postgres://user@host/database", "on a server of your own"],
  ],
  exits: {
    [exitCodes.failed]: "work was left unsettled, or the ledger does not balance",
    [exitCodes.inUse]: "port or data directory in use",
    [exitCodes.interrupted]: "second Ctrl-C",
  },
  async run(parsed: Parsed<typeof startOptions>, output) {
    validateOptions(parsed.values);
    if (parsed.values.policy !== undefined) {
      await (await import("../node/policy_file.ts")).readPolicy(parsed.values.policy);
    }
    if (needsCheck(parsed.values)) {
      await (await import("../node/console_settings.ts")).consoleSettings(parsed.values);
    }
    const start = Deno.env.get(GUARDED);
    if (start === undefined) return await guardNode(Deno.args);
    const { runNode } = await import("../node/run.ts");
    try {
      return await runNode(withSameCases(parsed.values), output);
    } catch (error) {
      throw asOutage(error, start);
    }
  },
});

/** What could be refused is refused before the node is started, and its guardian with it. */
function needsCheck({ console: wanted, auth, tokens }: StartValues): boolean {
  return wanted === "on" || auth === "token" || tokens !== undefined;
}

function validateOptions({ simulate, count, seed, from }: StartValues): void {
  if (from !== undefined && simulate === undefined && count === undefined) {
    throw new UsageError("Cannot use --from alone: it belongs to --count or --simulate");
  }
  if (seed !== undefined && simulate === undefined && count === undefined) {
    throw new UsageError("Cannot use --seed alone: it belongs to --count or --simulate");
  }
}

/** Cases arrive from now on, whatever the seed. A run that is counted has a seed and a beginning that outlive the node. */
function withSameCases(values: StartValues): StartValues {
  const run = values.count === undefined ? undefined : guardedRun();
  const from = values.from ?? run?.from ?? new Date().toISOString();
  return { ...values, seed: values.seed ?? run?.seed, from, arrivesNow: values.from === undefined };
}
