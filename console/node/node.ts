/** A node: one backend, one supervisor, and what shows how they do. @module */
import { processors } from "../../actors/processors/all.ts";
import { DEFAULT_POLICY, type FailurePolicy } from "../../actors/failures/failure_policy.ts";
import { noopObserver } from "../../actors/observer.ts";
import { Supervisor, type SupervisorOptions } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import type { AvailabilityListener } from "../../backends/primitives/retry.ts";
import { HealthCheck } from "../http/health_check.ts";
import { httpRoutes } from "../http/routes.ts";
import { type HttpServer, serveHttp } from "../http/server.ts";
import { combineObservers, createNodeLog } from "../telemetry/log.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { redact, toPrintable } from "../cli/redaction.ts";

interface NodeOptions {
  readonly node: string;
  /** The backend's name. */
  readonly backend: string;
  readonly workers: number;
  /** What becomes of failures. */
  readonly policy?: FailurePolicy | undefined;
  /** undefined: no HTTP. */
  readonly http: { host: string; port: number } | undefined;
  readonly json: boolean;
  readonly log: (line: string) => void;
}

/** The defaults of supervision; docs/explanation/bounds.md lists them. */
export function defaultSupervisorOptions(
  workers: number,
  policy: FailurePolicy = DEFAULT_POLICY,
): SupervisorOptions {
  return {
    workers,
    deliveryTimeoutMs: 1_000,
    hangMs: 3_000,
    startMs: 30_000,
    stateLimit: 20_000,
    heapCeilingBytes: 256 * 1024 * 1024,
    intensity: { restarts: 20, periodMs: 60_000 },
    policy,
  };
}

/** What is told of a backend that goes away and comes back: once each, however many wait for it. */
export class AvailabilityMonitor {
  #isUnavailable = false;
  readonly #listeners: { backendUnavailable(reason: string): void; backendAvailable(): void }[] = [];

  subscribe(listener: { backendUnavailable(reason: string): void; backendAvailable(): void }): void {
    this.#listeners.push(listener);
  }

  readonly onAvailabilityChange: AvailabilityListener = (error) => {
    if (this.#isUnavailable === (error !== undefined)) return;
    this.#isUnavailable = error !== undefined;
    for (const each of this.#listeners) {
      if (error === undefined) each.backendAvailable();
      else each.backendUnavailable(error.message);
    }
  };
}

export interface RunningNode {
  readonly supervisor: Supervisor;
  readonly metrics: Metrics;
  readonly http: HttpServer | undefined;
  /** Milliseconds since something was settled, or since the start. */
  sinceSettledMs(): number;
  /** Stops in order; returns whether everything in hand was settled in time. */
  stop(deadlineMs: number): Promise<boolean>;
}

/**
 * Starts a node, its workers while the backend is still being opened; no work is taken up before it is. Throws ListenError
 * when its port can't be had, and what the opening throws.
 */
export async function startNode(
  opening: Promise<Backend>,
  availability: AvailabilityMonitor,
  options: NodeOptions,
): Promise<RunningNode> {
  const nodeLog = createNodeLog({ json: options.json, write: options.log });
  const names = processors.map(({ name }) => name);
  // deno-lint-ignore prefer-const
  let supervisor: Supervisor;
  const metrics = new Metrics({
    backend: options.backend,
    processors: names,
    workerHeaps: () => supervisor.heapBytes,
  });
  const startedAt = Date.now();
  let settledAt = performance.now();
  let outageReason: string | undefined;
  const observer = combineObservers(metrics, nodeLog, {
    ...noopObserver,
    settled: () => void (settledAt = performance.now()),
    backendUnavailable: (reason) => void (outageReason = redact(toPrintable(reason))),
    backendAvailable: () => void (outageReason = undefined),
  });
  availability.subscribe(observer);
  const supervisorOptions = defaultSupervisorOptions(options.workers, options.policy);
  supervisor = new Supervisor(
    deferBackend(options.backend, opening),
    processors,
    observer,
    supervisorOptions,
  );
  const check = new HealthCheck({
    health: async () => (await opening).health(),
    facts: () => ({ ...describeNode(options, names, startedAt), outageReason }),
    onHealth: (health) => metrics.recordHealth(health),
  });
  const http = options.http && serveHttp({ ...options.http, ...httpRoutes(check, metrics) });
  const stop = async (deadlineMs: number) => {
    const inTime = await supervisor.stop(deadlineMs);
    await http?.close();
    nodeLog.close();
    return inTime;
  };
  try {
    await Promise.all([opening, supervisor.start()]);
  } catch (error) {
    await stop(0);
    throw error;
  }
  return {
    supervisor,
    metrics,
    http,
    sinceSettledMs: () => performance.now() - settledAt,
    stop,
  };
}

function describeNode({ node, backend, workers }: NodeOptions, processors: string[], startedAt: number) {
  return { node, backend, startedAt, processors, workers };
}

/** What a supervisor asks of a backend, as soon as it is open. Whoever opens it hears when it can't be: here it then waits. */
function deferBackend(name: string, opening: Promise<Backend>): Backend {
  return {
    name,
    async *mailboxes(processor, signal) {
      const backend = await opening.catch(() => waitForAbort(signal));
      if (backend !== undefined) yield* backend.mailboxes(processor, signal);
    },
  } as Partial<Backend> as Backend;
}

function waitForAbort(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}
