/** Playing many scenarios on the backends that were asked for, some at a time, on as few servers as will do. @module */
import { mapConcurrently } from "../backends/primitives/concurrency.ts";
import type { BackendName } from "./chaos/testbed/testbed.ts";
import { type RunResult, runScenario, type RunSettings } from "./chaos/run_scenario.ts";
import { needsOwnServer, type Scenario, unsupportedReason } from "./chaos/scenario.ts";
import { findNatsServer, startManagedNats, useExternalNats } from "./chaos/testbed/nats_server.ts";
import { startManagedPostgres, useExternalPostgres } from "./chaos/testbed/postgres_server.ts";
import type { ChaosServer } from "./chaos/testbed/server.ts";

interface ChaosOptions extends Omit<RunSettings, "backend"> {
  readonly backends: readonly BackendName[];
  readonly scenarios: readonly Scenario[];
  /** A server to use; own ones are started without. */
  readonly url: string | undefined;
  /** Own servers write everything they acknowledge to the disk, as in production. */
  readonly syncs: boolean;
  /** The path of the program that runs nodes: it serves their health as the product does, which simulators don't know. */
  readonly nodeEntry: string;
  readonly parallel: number;
  readonly onPhase: (run: string, phase: string) => void;
  readonly onResult: (result: RunResult) => void;
  readonly signal: AbortSignal;
}

export interface ChaosRuns {
  readonly runs: readonly RunResult[];
  /** Backends that were asked for and have no server; one makes the whole fail. */
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
  const { url } = options;
  const asksNats = options.backends.includes("nats");
  const natsServer = asksNats && url === undefined ? await findNatsServer() : undefined;
  const missing = asksNats && url === undefined && natsServer === undefined ? [`nats: ${NO_NATS}`] : [];
  const backends = options.backends.filter((name) => name !== "nats" || missing.length === 0);
  const notPlayed: string[] = [];
  const jobs = options.scenarios.flatMap((scenario) =>
    backends.flatMap((backend): ScenarioJob[] => {
      const why = unsupportedReason(scenario, backend, url === undefined);
      if (why !== undefined) notPlayed.push(`${scenario.name} on ${backend}: ${why}`);
      return why === undefined ? [{ scenario, backend }] : [];
    })
  );
  const servers = new ServerPool((backend) => openServer(backend, options, natsServer));
  try {
    // In memory the workers of a run are those of the process: one run at a time.
    const inMemory = backends.includes("memory") ? 1 : options.parallel;
    const runs = await mapConcurrently(inMemory, jobs, (job) => runOne(job, servers, options));
    return { runs: runs.filter((run) => run !== undefined), missing, notPlayed };
  } finally {
    await servers.close();
  }
}

async function runOne({ scenario, backend }: ScenarioJob, servers: ServerPool, options: ChaosOptions) {
  if (options.signal.aborted) return undefined;
  const exclusive = needsOwnServer(scenario);
  const server = backend === "memory" ? undefined : await servers.acquire(backend, exclusive);
  const onPhase = (phase: string) => options.onPhase(`${scenario.name} on ${backend}`, phase);
  try {
    const result = await runScenario(scenario, { ...options, backend, server, onPhase });
    options.onResult(result);
    return result;
  } finally {
    if (exclusive) await server?.[Symbol.asyncDispose]();
  }
}

type ServerBackend = ChaosServer["backend"];

/** The server that was named, or one of our own. */
async function openServer(
  backend: ServerBackend,
  { url, syncs }: ChaosOptions,
  natsServer: string | undefined,
): Promise<ChaosServer> {
  if (backend === "postgres") {
    return url === undefined ? await startManagedPostgres(syncs) : useExternalPostgres(url);
  }
  return url === undefined ? await startManagedNats(natsServer!, syncs) : useExternalNats(url);
}

/** One shared server a backend, and one more for each scenario that kills its own. */
class ServerPool {
  readonly #open: (backend: ServerBackend) => Promise<ChaosServer>;
  readonly #shared = new Map<ServerBackend, Promise<ChaosServer>>();

  constructor(open: (backend: ServerBackend) => Promise<ChaosServer>) {
    this.#open = open;
  }

  acquire(backend: ServerBackend, exclusive: boolean): Promise<ChaosServer> {
    if (exclusive) return this.#open(backend);
    const shared = this.#shared.get(backend) ?? this.#open(backend);
    this.#shared.set(backend, shared);
    return shared;
  }

  async close(): Promise<void> {
    for (const server of this.#shared.values()) await (await server)[Symbol.asyncDispose]();
  }
}

// Not awaited at the top level: the command imports this module, which must have been evaluated by then.
if (import.meta.main) {
  import("../main.ts").then(async ({ runProgram }) => Deno.exit(await runProgram(["chaos", ...Deno.args])));
}
