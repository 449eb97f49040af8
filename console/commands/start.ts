/** `start`: runs a node, under its guardian. @module */
import { guard } from "../../actors/guardian.ts";
import { command, type Output } from "../command.ts";
import { exitCodes, UsageError } from "../exit_codes.ts";
import type { Parsed } from "../options.ts";
import { nodeProgram } from "../program.ts";
import { readPolicy } from "../policy_file.ts";
import { runNode } from "../run_node.ts";
import { startOptions, type StartValues } from "../start_options.ts";

/** Set for the node by its guardian. */
export const GUARDED = "ZAAKSTROOM_GUARDED";

/**
 * What a node runs in. V8 would rather grow a heap than clean it: a young generation of up to 48 MB an isolate, and an
 * old one of up to four times what lives in it. These two bounds took a third off the memory of a node, for no time that
 * could be measured.
 */
export const nodeEnvironment: Readonly<Record<string, string>> = {
  [GUARDED]: "1",
  DENO_V8_FLAGS: "--max-semi-space-size=4,--heap-growing-percent=50",
};

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
    if (parsed.values.policy !== undefined) await readPolicy(parsed.values.policy);
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
    env: nodeEnvironment,
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
