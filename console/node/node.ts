/** A node: one backend, one supervisor, and what shows how they do. @module */
import { processors, type SystemMandate } from "../../actors/application.ts";
import type { FailurePolicy } from "../../actors/failures/failure_policy.ts";
import { noopObserver, type Observer } from "../../actors/observer.ts";
import type { ProjectedModel } from "../../actors/projection.ts";
import { defaultSupervisorOptions, Supervisor } from "../../actors/supervisor.ts";
import type { Backend } from "../../backends/backend.ts";
import { BackendUnavailable, BackendUnusable } from "../../backends/errors.ts";
import type { Health } from "../../backends/health.ts";
import type { RefusalListener } from "../../backends/dead_letters.ts";
import type { MailboxSource } from "../../backends/mailbox/mailbox.ts";
import type { PauseListener } from "../../backends/pauses.ts";
import type { AvailabilityListener } from "../../backends/primitives/retry.ts";
import type { EventNames } from "../../schema/cloudevents/event_names.ts";
import type { Tracing } from "../../backends/tracing/tracing.ts";
import { HealthCheck, SCRAPE_AGE_MS } from "../http/health_check.ts";
import type { KnownOutage } from "../http/health_report.ts";
import { StoreMeter } from "../http/store_meter.ts";
import { nodeRoutes, nodeSources } from "../http/routes.ts";
import { type HttpServer, serveHttp } from "../http/server.ts";
import { combineObservers, createNodeLog } from "../telemetry/log.ts";
import { type LogLevel, toLogLine } from "../telemetry/log_line.ts";
import { Metrics } from "../telemetry/metrics.ts";
import { FlowMeter } from "../telemetry/flow_meter.ts";
import { redact, toErrorClass, toPrintable } from "../cli/redaction.ts";
import type { RelayValues } from "../relay/options.ts";
import { type ConsoleSettings, NodeConsole } from "../web/node_console.ts";
import { startFanOut } from "./jobs/fan_out.ts";
import { startProjections } from "./jobs/projections.ts";
import { startRelays } from "../relay/node_relays.ts";

/** Where a node serves health and metrics, and the names it goes by there. */
type NodeAddress = Pick<Parameters<typeof serveHttp>[0], "port" | "hosts"> & { readonly host: string };

interface NodeOptions {
  readonly node: string;
  /** The backend's name. */
  readonly backend: string;
  readonly workers: number;
  /** Whether processors go in passes. Default true. */
  readonly passes?: boolean;
  /** What its workers run, where that is not the program's own worker. */
  readonly entry?: URL;
  /** What becomes of failures. */
  readonly policy?: FailurePolicy | undefined;
  /** What the system decides alone on ordinary cases. */
  readonly mandates?: readonly SystemMandate[] | undefined;
  /** The read models that it keeps. */
  readonly projections: readonly ProjectedModel[];
  /** Where traces are exported. */
  readonly tracing?: Tracing | undefined;
  /** undefined: no HTTP. */
  readonly http: NodeAddress | undefined;
  /** undefined: no console. */
  readonly console?: ConsoleSettings | undefined;
  /** Where it brings its log. */
  readonly relays?: readonly RelayValues[];
  /** What event types are called in CloudEvents. */
  readonly names?: EventNames | undefined;
  readonly json: boolean;
  readonly logLevel?: LogLevel | undefined;
  readonly log: (line: string) => void;
}

type BackendObserver = Pick<
  Observer,
  "backendUnavailable" | "backendAvailable" | "inputRefused" | "pauseChanged"
>;

/**
 * Reports a backend that becomes unavailable and available again: once each, however many wait for it. When it answers
 * meanwhile and refuses, that is reported too: it says what to do. Reports as well the events that it refuses, and what is paused.
 */
export class AvailabilityMonitor {
  #reported: BackendUnavailable | undefined;
  readonly #listeners: BackendObserver[] = [];

  subscribe(listener: BackendObserver): void {
    this.#listeners.push(listener);
  }

  readonly onInputRefused: RefusalListener = (refusal) => {
    for (const each of this.#listeners) each.inputRefused?.(refusal);
  };

  readonly onPauseChange: PauseListener = (change) => {
    for (const each of this.#listeners) each.pauseChanged?.(change);
  };

  readonly onAvailabilityChange: AvailabilityListener = (error) => {
    if (this.#reported === error || (this.#reported && error && !this.#isNewRefusal(error))) return;
    this.#reported = error;
    for (const each of this.#listeners) {
      if (error === undefined) each.backendAvailable();
      else each.backendUnavailable(error.message, error.silentMs);
    }
  };

  #isNewRefusal({ cause, message }: BackendUnavailable): boolean {
    return cause instanceof BackendUnusable && message !== this.#reported?.message;
  }
}

/** A node that was started. */
export interface RunningNode {
  readonly supervisor: Supervisor;
  readonly metrics: Metrics;
  readonly http: HttpServer | undefined;
  /** An address that signs in to the console once; undefined where there is none, or people have tokens. */
  readonly consoleLink: string | undefined;
  /** Milliseconds since something was settled, or since the start. */
  sinceSettledMs(): number;
  /** Stops in order; returns whether everything in hand was settled in time. */
  stop(deadlineMs: number): Promise<boolean>;
}

/** What is asked of a node that no metric keeps. */
class NodeActivity {
  settledAt = performance.now();
  outage: KnownOutage | undefined;
  isStopping = false;

  readonly observer: Observer = {
    ...noopObserver,
    settled: () => void (this.settledAt = performance.now()),
    backendUnavailable: (reason, silentMs = 0) =>
      void (this.outage = {
        reason: redact(toPrintable(reason)),
        since: this.outage?.since ?? Date.now() - silentMs,
      }),
    backendAvailable: () => void (this.outage = undefined),
  };
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
  const nodeLog = createNodeLog({
    json: options.json,
    level: options.logLevel,
    node: options.node,
    write: options.log,
  });
  const activity = new NodeActivity();
  const metrics = new Metrics({
    backend: options.backend,
    node: options.node,
    processors,
    workerHeaps: () => supervisor.heapBytes,
  });
  const flow = new FlowMeter();
  const observers = options.console === undefined ? [] : [flow.observer];
  const observer = combineObservers(metrics, nodeLog, activity.observer, ...observers);
  availability.subscribe(observer);
  const supervisor = createSupervisor(opening, observer, options);
  // The first measurement begins to count: what is stored from then on is published.
  const meter = new StoreMeter({
    measure: async () => (await opening).measure(),
    onMeasured: (measured) => metrics.recordMeasurements(measured),
  });
  const served = options.http &&
    await serveNode(opening, { metrics, meter, activity, flow }, { ...options, http: options.http });
  const http = served?.http;
  const jobs = [
    startProjections(opening, options.projections, options.node, observer),
    startFanOut(opening, observer),
    startRelays(opening, options.relays ?? [], options.node, { observer, log: options.log }),
  ];
  const stop = async (deadlineMs: number) => {
    activity.isStopping = true;
    const [inTime] = await Promise.all([
      supervisor.stop(deadlineMs),
      ...jobs.map((job) => job.stop(deadlineMs)),
    ]);
    await served?.console?.close();
    await http?.close();
    nodeLog.close();
    return inTime;
  };
  try {
    await Promise.all([opening.then(() => meter.refresh(SCRAPE_AGE_MS)), supervisor.start()]);
  } catch (error) {
    await stop(0);
    throw error;
  }
  const link = served?.console?.createLink();
  return {
    ...{ supervisor, metrics, http, stop },
    consoleLink: link === undefined ? undefined : `${http!.url}${link}`,
    sinceSettledMs: () => performance.now() - activity.settledAt,
  };
}

const processorNames = processors.map(({ name }) => name);

function createSupervisor(opening: Promise<Backend>, observer: Observer, options: NodeOptions): Supervisor {
  const { backend, workers, policy, mandates: configuration, tracing, passes = true, entry } = options;
  const defaults = defaultSupervisorOptions(workers, policy);
  const supervisorOptions = { ...defaults, configuration, tracing, passes, ...(entry && { entry }) };
  return new Supervisor(deferMailboxes(backend, opening), processors, observer, supervisorOptions);
}

/** Where the answers of a node's server come from. */
interface NodeFigures {
  readonly metrics: Metrics;
  readonly meter: StoreMeter;
  readonly activity: NodeActivity;
  readonly flow: FlowMeter;
}

async function serveNode(
  opening: Promise<Backend>,
  { metrics, meter, activity, flow }: NodeFigures,
  { node, backend, workers, http, console: settings, names, log, json }: NodeOptions & {
    readonly http: NodeAddress;
  },
): Promise<{ readonly http: HttpServer; readonly console: NodeConsole | undefined }> {
  const facts = { node, backend, startedAt: Date.now(), processors: processorNames, workers };
  let latest: Health | undefined;
  const check = new HealthCheck({
    health: async () => (await opening).health(),
    facts: () => ({ ...facts, outage: activity.outage, isStopping: activity.isStopping }),
    onHealth(health) {
      latest = health;
      metrics.recordHealth(health);
    },
  });
  const sources = nodeSources(check, meter, metrics);
  const console = settings && new NodeConsole(settings, {
    ...{ node, version: settings.version, settings: settings.shown, flow, names },
    backend: () => opened(opening),
    report: sources.health,
    health: () => latest,
    onFailure: (error) => log(consoleFailure(error, node, json)),
  });
  const server = await serveHttp({ ...http, routes: nodeRoutes(sources), fallback: console?.answer });
  await console?.listening(server.port);
  return { http: server, console };
}

/** Where the console failed: the places in its code, and not the message, which may quote data. */
function consoleFailure(error: unknown, node: string, json: boolean): string {
  const { name, stack = "" } = error instanceof Error ? error : new Error("not an error");
  const places = stack.split("\n").filter((line) => line.trimStart().startsWith("at ")).slice(0, 5);
  const msg = `The console failed (${toErrorClass(name)})${
    places.map((line) => `, ${line.trim()}`).join("")
  }`;
  return json ? toLogLine({ at: Date.now(), level: "error", event: "console_failed", msg, node }, {}) : msg;
}

/** The backend, for a page that can't wait until it is opened. */
async function opened(opening: Promise<Backend>): Promise<Backend> {
  const pending = new BackendUnavailable("The store is being opened");
  return await Promise.race([opening, Promise.resolve().then(() => Promise.reject(pending))]);
}

/** The mailboxes of a backend that is being opened. If it can't be, its opener reports that, and no mailbox comes. */
function deferMailboxes(name: string, opening: Promise<Backend>): MailboxSource {
  return {
    name,
    secret: () => opening.then((backend) => backend.secret(), () => new Promise<never>(() => {})),
    register: (processors) => opening.then((backend) => backend.register?.(processors), () => {}),
    forward: async (events) => await (await opening).forward(events),
    async *mailboxes(processor, signal) {
      const backend = await opening.catch(() => waitForAbort(signal));
      if (backend !== undefined) yield* backend.mailboxes(processor, signal);
    },
  };
}

function waitForAbort(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}
