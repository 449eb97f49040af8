/** The node process: opens, runs, stops, and says how it went. @module */
import type { EventNames } from "../../schema/cloudevents/event_names.ts";
import type { ProjectedModel } from "../../actors/projection.ts";
import type { FanOutOptions } from "../../backends/fan_out.ts";
import { HeldTime } from "../../simulators/citizen/held_time.ts";
import { simulatedClock } from "../../simulators/citizen/simulated_clock.ts";
import { describeRestoration } from "../../backends/restoration.ts";
import { loadTracing } from "../../backends/tracing/load_tracing.ts";
import { eventNamesOf } from "../store/event_names.ts";
import { openBackend, type OpenedBackend, requireReadable } from "../store/open_backend.ts";
import type { Output } from "../cli/command.ts";
import type { StartValues } from "./start_options.ts";
import { exitCodes } from "../cli/exit_codes.ts";
import { AvailabilityMonitor, type RunningNode, startNode } from "./node.ts";
import { consoleSettings } from "./console_settings.ts";
import { describeDemoFaults, describeMandate } from "./demonstration.ts";
import { NodeReporter } from "./node_reporter.ts";
import { grantMandates } from "../../actors/application.ts";
import { type NodePolicy, readPolicy } from "./policy_file.ts";
import type { RelayValues } from "../relay/options.ts";
import { fanOutOf } from "./jobs/fan_out.ts";
import { projectionsOf } from "./jobs/projections.ts";
import { relaysOf } from "../relay/node_relays.ts";
import { exposureWarning } from "../http/listen.ts";
import { LONGEST_TIMER_MS } from "../../actors/supervision/child_supervisor.ts";
import { listenForStop, type StopSignals } from "../cli/shutdown.ts";
import { connectServiceManager, type ServiceManager } from "./service_manager.ts";

import type { SimulatedTime } from "./workload.ts";

/** What the parts of a node process share. */
interface ProcessContext {
  readonly values: StartValues & { readonly node: string };
  readonly policy: NodePolicy | undefined;
  readonly names: EventNames;
  readonly relays: readonly RelayValues[];
  readonly projections: readonly ProjectedModel[];
  readonly fanOut: FanOutOptions | undefined;
  readonly output: Output;
  readonly reporter: NodeReporter;
  readonly serviceManager: ServiceManager;
  readonly availability: AvailabilityMonitor;
  /** Simulated time, where it is asked for. */
  readonly simulated: SimulatedTime | undefined;
  readonly signals: StopSignals;
  /** How the work ended; closing what is open remains. */
  code?: number;
}

/** Runs a node until it is asked to stop, is idle, or gives up. Returns the exit code. */
export async function runNode(values: StartValues, output: Output): Promise<number> {
  const reporter = new NodeReporter(values, output);
  const context: ProcessContext = {
    values: { ...values, node: values.node ?? `node-${crypto.randomUUID().slice(0, 8)}` },
    policy: values.policy === undefined ? undefined : await readPolicy(values.policy),
    names: await eventNamesOf(values),
    relays: relaysOf(values),
    projections: projectionsOf(values.projections),
    fanOut: fanOutOf(values),
    output,
    reporter,
    serviceManager: await connectServiceManager((line) => reporter.notice(line)),
    availability: new AvailabilityMonitor(),
    simulated: simulatedTimeOf(values),
    signals: listenForStop(true),
  };
  const overdue = stopDeadline(context);
  try {
    return await Promise.race([runAndClose(context), overdue.passed]);
  } finally {
    overdue.cancel();
    context.signals.close();
    context.serviceManager.close();
  }
}

async function runAndClose(context: ProcessContext): Promise<number> {
  const opening = openStore(context);
  try {
    return context.code = await runOn(opening, context);
  } finally {
    context.reporter.endOpening();
    await (await opening.catch(() => undefined))?.close();
  }
}

/**
 * Resolves to the exit code when `--stop-within` has passed since the request to stop. A store that does not answer can
 * hold up its own closing for longer: the process then ends without it, and its leases expire.
 */
function stopDeadline(context: ProcessContext): { readonly passed: Promise<number>; cancel(): void } {
  const { values, reporter, signals: { graceful } } = context;
  const passed = Promise.withResolvers<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    reporter.notice("The store did not answer in time: the node ends, and its leases expire");
    passed.resolve(context.code ?? exitCodes.failed);
  };
  const start = () => timer = setTimeout(end, Math.min(values["stop-within"], LONGEST_TIMER_MS));
  graceful.addEventListener("abort", start, { once: true });
  return { passed: passed.promise, cancel: () => clearTimeout(timer) };
}

/** What of `--stop-within` is kept for giving back leases and closing connections, after batches in hand were settled. */
function closingMs(withinMs: number): number {
  return Math.min(1_000, withinMs / 5);
}

function openStore(
  { values, names, fanOut, projections, availability, simulated, reporter }: ProcessContext,
): Promise<OpenedBackend> {
  return openBackend(values, {
    role: "node",
    migrate: "apply",
    node: values.node,
    fanOut,
    ...(values.lease === undefined ? {} : { leaseMs: values.lease }),
    ...(simulated === undefined ? {} : { timersAsOf: simulated.held.timersAsOf }),
    onAvailabilityChange: availability.onAvailabilityChange,
    onInputRefused: availability.onInputRefused,
    keepsModels: projections.length > 0,
    names,
    onPauseChange: availability.onPauseChange,
    onNotice: (line) => reporter.notice(line),
    onStep: (step) => reporter.opening(step),
  });
}

/** Named literally, so that a compiled program finds it. */
const faultyWorker = new URL("../../simulators/demonstration/faulty_worker.ts", import.meta.url);

async function runOn(opening: Promise<OpenedBackend>, context: ProcessContext): Promise<number> {
  const { values, policy, projections, output, reporter, availability, simulated, signals } = context;
  const readable = opening.then(({ backend }) => requireReadable(backend).then(() => backend));
  // Should the node not even start, nothing waits for this any more.
  readable.catch(() => {});
  // What tries another policy on this thread, such as the console's what-if, begins with what this node decides by.
  grantMandates(policy?.mandates ?? []);
  const { host, port, workers, plain, json } = values;
  const warning = exposureWarning(host);
  if (warning !== undefined) reporter.notice(warning);
  const running = await startNode(readable, availability, {
    node: values.node,
    backend: values.backend,
    workers,
    passes: !plain,
    ...(values["demo-faults"] && { entry: faultyWorker }),
    policy: policy?.failures,
    mandates: policy?.mandates,
    projections,
    tracing: await loadTracing(values.backend, values.traces),
    http: { host, port, hosts: hostsOf(values) },
    console: await consoleSettings(values),
    names: context.names,
    relays: context.relays,
    json,
    logLevel: values["log-level"],
    log: output.err,
  });
  const { backend, where } = await opening;
  const { durability, restoration } = await backend.health();
  const { http, consoleLink } = running;
  reporter.ready({ backend: backend.name, where, durability, url: http?.url, consoleLink });
  if (restoration !== undefined) reporter.notice(sentence(describeRestoration(restoration)));
  if (values.count !== undefined || values.simulate !== undefined) reporter.notice(describeMandate());
  if (values["demo-faults"]) reporter.notice(describeDemoFaults());
  context.serviceManager.ready(`Running on ${backend.name} at ${where}`);
  // What generates and proves cases is loaded while the node is at work already.
  const workload = import("./workload.ts").then(({ runWorkload }) =>
    runWorkload({ backend, running, values, simulated, stop: signals.graceful, output })
  );
  return await waitForEnd(running, workload, context);
}

/** With a capital letter. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Names that clients may use: those that are given, and that of the address people use. */
function hostsOf({ "http-hosts": hosts = [], "public-url": publicUrl }: StartValues): readonly string[] {
  return publicUrl === undefined ? hosts : [...hosts, new URL(publicUrl).hostname];
}

/** Simulated time, where it is asked for. It begins with the cases: at each start of the node anew, which does no harm. */
function simulatedTimeOf({ from, "time-scale": scale }: StartValues): SimulatedTime | undefined {
  if (scale === undefined) return undefined;
  const start = from ?? new Date().toISOString();
  const clock = simulatedClock({ from: start, scale });
  return { clock, held: new HeldTime(clock, start) };
}

/** Waits for the work to end, a request to stop, or the supervisor's own end; then stops in order. */
async function waitForEnd(
  running: RunningNode,
  workload: Promise<number>,
  { values, reporter, serviceManager, signals }: ProcessContext,
): Promise<number> {
  const supervisorEnded = running.supervisor.ended().then(({ kind }) =>
    kind === "escalated" ? exitCodes.recycle : exitCodes.ok
  );
  try {
    const code = await Promise.race([workload, requested(signals.graceful), supervisorEnded]);
    const withinMs = values["stop-within"];
    if (signals.graceful.aborted) {
      serviceManager.stopping("Settling what is in hand");
      reporter.stopping(running.supervisor.batchesInHand, withinMs);
    }
    const inTime = await Promise.race([
      running.stop(withinMs - closingMs(withinMs)),
      signals.immediate.then(() => undefined),
    ]);
    if (inTime === undefined) return exitCodes.interrupted;
    reporter.stopped(inTime, running.metrics.snapshot());
    return code === exitCodes.ok && !inTime ? exitCodes.failed : code;
  } catch (error) {
    await running.stop(0);
    throw error;
  }
}

/** Resolves to the exit code of a stop that was asked for, when it is. */
function requested(signal: AbortSignal): Promise<number> {
  if (signal.aborted) return Promise.resolve(exitCodes.ok);
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(exitCodes.ok), { once: true })
  );
}
