/** Playing many scenarios on the backends that were asked for, some at a time, on as few servers as will do. @module */
import type { BackendName } from "./chaos/testbed/testbed.ts";
import { type RunResult, runScenario } from "./chaos/run_scenario.ts";
import { needsOwnServer, type Scenario, unsupportedReason } from "./chaos/scenario.ts";
import { findNatsServer, startManagedNats, useExternalNats } from "./chaos/testbed/nats_server.ts";
import { startManagedPostgres, useExternalPostgres } from "./chaos/testbed/postgres_server.ts";
import type { ChaosServer } from "./chaos/testbed/server.ts";

interface ChaosOptions {
  readonly backends: readonly BackendName[];
  readonly scenarios: readonly Scenario[];
  readonly seed: string;
  readonly durationMs: number;
  readonly perSecond: number;
  /** A server to use; own ones are started without. */
  readonly url: string | undefined;
  /** Own servers write everything they acknowledge to the disk, as in production. */
  readonly syncs: boolean;
  /** The path of the program that runs nodes: it serves their health as the product does, which simulators don't know. */
  readonly nodeEntry: string;
  /** Runs at once. */
  readonly parallel: number;
  readonly onPhase: (run: string, phase: string) => void;
  readonly onResult: (result: RunResult) => void;
  readonly signal: AbortSignal;
}

interface ChaosRuns {
  readonly runs: readonly RunResult[];
  /** Backends that were asked for and have no server. */
  readonly missing: readonly string[];
  /** Scenarios that a backend can't play, and why. */
  readonly notPlayed: readonly string[];
}

export const NO_NATS =
  "no nats-server 2.12 or newer: put one on the PATH, or name it by NATS_SERVER (see nats.io)";

interface ScenarioJob {
  readonly scenario: Scenario;
  readonly backend: BackendName;
}

/** Plays everything that can be played. */
export async function runScenarios(options: ChaosOptions): Promise<ChaosRuns> {
  const servers = new ServerPool(options);
  const missing = options.backends.includes("nats") && !await servers.hasNats() ? [`nats: ${NO_NATS}`] : [];
  const backends = options.backends.filter((name) => name !== "nats" || missing.length === 0);
  const notPlayed: string[] = [];
  const jobs = options.scenarios.flatMap((scenario) =>
    backends.flatMap((backend): ScenarioJob[] => {
      const why = unsupportedReason(scenario, backend, options.url === undefined);
      if (why !== undefined) notPlayed.push(`${scenario.name} on ${backend}: ${why}`);
      return why === undefined ? [{ scenario, backend }] : [];
    })
  );
  try {
    // In memory the workers of a run are those of the process: one run at a time.
    const inMemory = backends.includes("memory") ? 1 : options.parallel;
    const runs = await runConcurrently(inMemory, jobs, (job) => runOne(job, servers, options));
    return { runs: runs.filter((run) => run !== undefined), missing, notPlayed };
  } finally {
    await servers.close();
  }
}

async function runOne({ scenario, backend }: ScenarioJob, servers: ServerPool, options: ChaosOptions) {
  const { seed, durationMs, perSecond, nodeEntry, signal } = options;
  if (signal.aborted) return undefined;
  const server = backend === "memory" ? undefined : await servers.acquire(backend, needsOwnServer(scenario));
  const label = `${scenario.name} on ${backend}`;
  try {
    const onPhase = (phase: string) => options.onPhase(label, phase);
    const result = await runScenario(scenario, {
      backend,
      seed,
      durationMs,
      perSecond,
      nodeEntry,
      server,
      onPhase,
      signal,
    });
    options.onResult(result);
    return result;
  } finally {
    if (server !== undefined && needsOwnServer(scenario)) await server[Symbol.asyncDispose]();
  }
}

/** Does all jobs, this many at once; the results keep the order of the jobs. */
async function runConcurrently<J, R>(
  concurrency: number,
  jobs: readonly J[],
  work: (job: J) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(jobs.length);
  let next = 0;
  const serve = async () => {
    for (let i = next++; i < jobs.length; i = next++) results[i] = await work(jobs[i]!);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, jobs.length) }, serve));
  return results;
}

/** One shared server a backend, and one more for each scenario that kills its own. */
class ServerPool {
  readonly #url: string | undefined;
  readonly #syncs: boolean;
  readonly #shared = new Map<BackendName, Promise<ChaosServer>>();
  #nats: Promise<string | undefined> | undefined;

  constructor({ url, syncs }: Pick<ChaosOptions, "url" | "syncs">) {
    this.#url = url;
    this.#syncs = syncs;
  }

  async hasNats(): Promise<boolean> {
    return this.#url !== undefined || await this.#natsServer() !== undefined;
  }

  #natsServer(): Promise<string | undefined> {
    return this.#nats ??= findNatsServer();
  }

  acquire(backend: "postgres" | "nats", exclusive: boolean): Promise<ChaosServer> {
    if (exclusive) return this.#open(backend);
    const shared = this.#shared.get(backend) ?? this.#open(backend);
    this.#shared.set(backend, shared);
    return shared;
  }

  async #open(backend: "postgres" | "nats"): Promise<ChaosServer> {
    if (backend === "postgres") {
      return this.#url === undefined
        ? await startManagedPostgres(this.#syncs)
        : useExternalPostgres(this.#url);
    }
    return this.#url === undefined
      ? await startManagedNats((await this.#natsServer())!, this.#syncs)
      : useExternalNats(this.#url);
  }

  async close(): Promise<void> {
    for (const server of this.#shared.values()) await (await server)[Symbol.asyncDispose]();
  }
}

// Not awaited at the top level: the command imports this module, which must have been evaluated by then.
if (import.meta.main) {
  import("../main.ts").then(async ({ runProgram }) => Deno.exit(await runProgram(["chaos", ...Deno.args])));
}
