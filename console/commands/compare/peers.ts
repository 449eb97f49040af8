/** Other programs on the same PostgreSQL, each in a process of its own; their packages are the comparison's alone. @module */
import { fileURLToPath } from "node:url";
import { spread } from "../../../simulators/comparison.ts";
import type { PeerMeasurements } from "../../../simulators/comparison/comparison_report.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";

const PEERS = [
  { program: "graphile_worker.ts", part: 1 },
  { program: "pg_boss.ts", part: 1 },
  // It appends a case at a time, and is slow at that.
  { program: "emmett.ts", part: 0.1 },
] as const;

type PeerRun = Omit<PeerMeasurements, "per_second"> & { readonly per_second: number };

/** The peers of one comparison, and what they came to so far. */
export class Peers {
  readonly #runs = PEERS.map((): PeerRun[] => []);
  readonly #input: { readonly url: string; readonly count: number; readonly seed: string };

  constructor(work: { url: string; count: number; seed: string }) {
    this.#input = work;
  }

  /** Turns a round has. */
  get size(): number {
    return this.#runs.length;
  }

  /** Lets each of them run once. Throws CommandError when one fails. */
  async round(n: number, signal: AbortSignal, onProgress: (name: string) => void): Promise<void> {
    const { url, count, seed } = this.#input;
    for (const [i, { program, part }] of PEERS.entries()) {
      if (signal.aborted) return;
      onProgress(program.replace(/\.ts$/, ""));
      this.#runs[i]!.push(await runPeer(program, [url, `${Math.ceil(count * part)}`, `${seed}-${n}`]));
    }
  }

  figures(): PeerMeasurements[] {
    return this.#runs.filter((rounds) => rounds.length > 0).map((rounds) => ({
      ...rounds[0]!,
      per_second: spread(rounds.map(({ per_second }) => per_second)),
    }));
  }
}

async function runPeer(program: string, args: readonly string[]): Promise<PeerRun> {
  const path = (name: string) =>
    fileURLToPath(new URL(`../../../tests/performance/peers/${name}`, import.meta.url));
  // A lock of their own: they are no dependencies of this program. Not frozen, for it also names what this program uses.
  const flags = [
    "--quiet",
    "--no-check",
    "--no-prompt",
    "--allow-all",
    `--lock=${path("deno.lock")}`,
    "--frozen=false",
  ];
  const command = new Deno.Command(Deno.execPath(), { args: ["run", ...flags, path(program), ...args] });
  const { success, stdout, stderr } = await command.output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  const why = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new CommandError(exitCodes.failed, `The peer ${program} failed: ${why}`);
}
