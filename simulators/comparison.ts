/**
 * Compares the backends: each does the same seeded work, in turns within one run, so that other load on the machine
 * affects all of them alike.
 * @module
 */
import { processors } from "../actors/application.ts";
import type { SupervisorOptions } from "../actors/supervisor.ts";
import type { Backend, BackendFeatures } from "../backends/backend.ts";
import {
  appendRate,
  countRefusedConflicts,
  intakes,
  readCaseMs,
  replayRate,
  settleRate,
} from "./comparison/rates.ts";
import { LoadTester } from "./load_tester.ts";

/** A backend under comparison. */
export interface Participant {
  readonly backend: Backend;
  /** Bytes its events take up, indexes included; null where the store doesn't report it. */
  readonly storedBytes: () => Promise<number | null>;
}

interface ComparisonOptions {
  readonly rounds: number;
  /** Intakes appended, and settled, in a round; twice: with one worker and with all of them. */
  readonly count: number;
  /** Cases a second at which latency is measured, and for how long. */
  readonly perSecond: number;
  readonly durationMs: number;
  readonly seed: string;
  readonly supervision: (workers: number) => SupervisorOptions;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
  /** Runs other programs at the end of every round. */
  readonly runPeers?: (round: number) => Promise<void>;
}

const measures = [
  "append_per_second",
  "settle_per_second",
  "settle_one_worker_per_second",
  "settle_all_per_second",
  "append_p99_ms",
  "one_processor_p99_ms",
  "end_to_end_p99_ms",
  "read_case_ms",
  "replay_per_second",
] as const;
export type Measure = (typeof measures)[number];

/** A figure over the rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
}

export interface BackendFigures {
  readonly name: string;
  readonly durability: string;
  readonly features: BackendFeatures;
  readonly figures: Readonly<Record<Measure, Spread>>;
  readonly stored_bytes_per_event: number | null;
  /** Pairs of appends on the same version that were tried, and of these the pairs of which exactly one was refused. */
  readonly conflicts: { readonly tried: number; readonly refused: number };
}

type Round = Record<Measure, number>;

const CONFLICTS = 20;
const CASES_READ = 50;
const REPLAYED = 10_000;
/** Not counted in latency: the workers are new, and their code is not compiled yet. */
const WARM_UP_MS = 3_000;

/** Measures the backends in turns; each round begins with another one. */
export async function compareBackends(
  participants: readonly Participant[],
  options: ComparisonOptions,
): Promise<BackendFigures[]> {
  const rounds = participants.map((): Round[] => []);
  for (let n = 0; n < options.rounds && !options.signal.aborted; n++) {
    for (let turn = 0; turn < participants.length && !options.signal.aborted; turn++) {
      const i = (n + turn) % participants.length;
      options.onProgress(`Round ${n + 1} of ${options.rounds}: ${participants[i]!.backend.name}`);
      rounds[i]!.push(await oneRound(participants[i]!.backend, n, options));
    }
    await options.runPeers?.(n);
  }
  return await Promise.all(
    participants.map((participant, i) => summariseBackend(participant, rounds[i]!, options)),
  );
}

async function oneRound(backend: Backend, n: number, options: ComparisonOptions): Promise<Round> {
  const { count, seed, supervision, workers, signal } = options;
  const intake = processors.filter(({ name }) => name === "intake");
  const [first, second] = [intakes(count, `${seed}/${n}/one`), intakes(count, `${seed}/${n}/all`)];
  const append_per_second = await appendRate(backend, first);
  const settle_one_worker_per_second = await settleRate(backend, intake, supervision(1), signal);
  await appendRate(backend, second);
  const settle_per_second = await settleRate(backend, intake, supervision(workers), signal);
  const settle_all_per_second = await settleRate(backend, processors, supervision(workers), signal);
  const caseIds = first.flat().slice(0, CASES_READ).map((event) => event.correlation_id);
  return {
    append_per_second,
    settle_per_second,
    settle_one_worker_per_second,
    settle_all_per_second,
    ...await latencies(backend, n, options),
    read_case_ms: await readCaseMs(backend, caseIds),
    replay_per_second: await replayRate(backend, "case.intake", REPLAYED),
  };
}

async function latencies(backend: Backend, n: number, options: ComparisonOptions) {
  const { perSecond, durationMs, seed, supervision, workers, signal } = options;
  const warmUpMs = Math.min(WARM_UP_MS, durationMs);
  const tester = new LoadTester(backend, {
    supervision: supervision(workers),
    arrivals: "poisson",
    durationMs: durationMs + warmUpMs,
    warmUpMs,
    seed: `${seed}/${n}/load`,
    onSecond: () => {},
    signal,
    processes: [],
  });
  await tester.start();
  try {
    const { append_ms, settle_ms, end_to_end_ms } = await tester.run(perSecond);
    return {
      append_p99_ms: append_ms.p99,
      one_processor_p99_ms: settle_ms.intake!.p99,
      end_to_end_p99_ms: end_to_end_ms.p99,
    };
  } finally {
    await tester.stop();
  }
}

async function summariseBackend(
  { backend, storedBytes }: Participant,
  rounds: readonly Round[],
  { seed }: ComparisonOptions,
): Promise<BackendFigures> {
  const figures = Object.fromEntries(
    measures.map((measure) => [measure, spread(rounds.map((round) => round[measure]))]),
  );
  const bytes = await storedBytes();
  const events = bytes === null ? 0 : await countEvents(backend);
  const refused = await countRefusedConflicts(backend, intakes(CONFLICTS, `${seed}/conflicts`));
  return {
    name: backend.name,
    durability: (await backend.health()).durability,
    features: backend.features,
    figures: figures as Record<Measure, Spread>,
    stored_bytes_per_event: bytes === null || events === 0 ? null : Math.round(bytes / events),
    conflicts: { tried: CONFLICTS, refused },
  };
}

async function countEvents(backend: Backend): Promise<number> {
  let count = 0;
  for await (const _ of backend.readAll()) count++;
  return count;
}

/** The median of the values, with the least and the greatest. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [least = 0, greatest = 0] = [sorted[0], sorted.at(-1)];
  return { median: sorted[sorted.length >> 1] ?? 0, least, greatest };
}

// Not awaited at the top level: the command imports this module, which must have been evaluated by then.
if (import.meta.main) {
  import("../main.ts").then(async ({ runProgram }) => Deno.exit(await runProgram(["compare", ...Deno.args])));
}
