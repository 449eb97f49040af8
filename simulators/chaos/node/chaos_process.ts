/**
 * The process of a chaos node, of its guardian, and of what sends its log to others. Whoever plays scenarios gives the entry that runs it. A normal node
 * never comes here: no option of a command, environment variable or message leads here. A compiled program, which has one
 * entry, comes here by a first argument that is no command.
 * @module
 */
import { guard } from "../../../actors/supervision/guardian.ts";
import type { Supervisor } from "../../../actors/supervisor.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { AvailabilityListener } from "../../../backends/primitives/retry.ts";
import { createReportingObserver, type ReportSink } from "../../proof/run_report.ts";
import type { SenderPlan } from "../senders/sender_plan.ts";
import { runSender } from "../senders/sender_process.ts";
import { type NodePlan, type NodeReport, type Order, readTextLines, steadyNow } from "./control_protocol.ts";
import { trackWorkers } from "./worker_registry.ts";
import { nodeCommand } from "./node_command.ts";
import { ChaosRuntime } from "./chaos_runtime.ts";
import { openStore } from "./open_store.ts";

const RECYCLE = 75;

/** Serves the health of a node over HTTP. */
type StatusServer = (
  backend: Backend,
  node: string,
) => Promise<{ readonly url: string; close(): Promise<void> }>;

/** Runs what the plan, a JSON text, says; returns the exit code. */
export async function runChaosProcess(text: string, serveStatus: StatusServer): Promise<number> {
  const plan = JSON.parse(text) as NodePlan | SenderPlan;
  if (plan.role === "relays" || plan.role === "changes") return await runSender(plan);
  return plan.role === "guardian" ? await guardNode(plan) : await runNode(plan, serveStatus);
}

async function guardNode(plan: NodePlan): Promise<number> {
  const { command, args } = nodeCommand({ ...plan, role: "node" });
  return await guard({
    command,
    args,
    env: {},
    intensity: { restarts: 10, periodMs: 60_000 },
    isFinal: (code) => code === 0,
    recycleCode: RECYCLE,
    interruptedCode: 130,
    log: (line) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
  });
}

async function runNode(plan: NodePlan, serveStatus: StatusServer): Promise<number> {
  const control = await Deno.connect({ hostname: "127.0.0.1", port: plan.control });
  const report = createReporter(control);
  await report({ kind: "hello", node: plan.node, life: crypto.randomUUID(), pid: Deno.pid });
  try {
    return await serve(plan, control, report, serveStatus);
  } catch (error) {
    await report({
      kind: "crashed",
      why: error instanceof Error ? error.stack ?? error.message : `${error}`,
    });
    return 70;
  }
}

async function serve(
  plan: NodePlan,
  control: Deno.TcpConn,
  report: ReportSink<NodeReport>,
  serveStatus: StatusServer,
) {
  const { workers } = trackWorkers();
  const observer = createReportingObserver(report, steadyNow);
  let isUnavailable = false;
  const onAvailabilityChange: AvailabilityListener = (error) => {
    if (isUnavailable !== (error !== undefined)) {
      error ? observer.backendUnavailable("") : observer.backendAvailable();
    }
    isUnavailable = error !== undefined;
  };
  const backend = await openStore({ ...plan, onAvailabilityChange });
  const runtime = new ChaosRuntime(backend, report, workers);
  const status = await serveStatus(backend, plan.node);
  await report({ kind: "serving", url: status.url });
  const stopRequested = executeOrders(control, runtime, report);
  const started = runtime.supervisor.start().then(() => never);
  const ending = await Promise.race([stopRequested, runtime.supervisor.ended(), started]);
  if (ending !== "stop" && ending.kind === "escalated") {
    await report({ kind: "observed", what: "recycle", at: steadyNow(), ids: {} });
    await runtime.stop();
    return RECYCLE;
  }
  await runtime.stop();
  await status.close();
  await backend.close();
  return 0;
}

const never = new Promise<Awaited<ReturnType<Supervisor["ended"]>>>(() => {});

/** Obeys until it is asked to stop: by standard input, as a guardian asks, or by its end. */
async function executeOrders(control: Deno.TcpConn, runtime: ChaosRuntime, report: ReportSink<NodeReport>) {
  const executeAll = async () => {
    for await (const line of readTextLines(control)) {
      const { order, n } = JSON.parse(line) as { order: Order; n: number };
      await report({ kind: "order_done", order: n, evidence: runtime.execute(order) });
    }
  };
  const stopped = Deno.stdin.read(new Uint8Array(16)).catch(() => null);
  await Promise.race([executeAll(), stopped]);
  return "stop" as const;
}

/** Reports in order. Once written, a line reaches its reader even if this process is killed in the next instant. */
function createReporter(control: Deno.TcpConn): ReportSink<NodeReport> {
  const encoder = new TextEncoder();
  let queue: Promise<void> = Promise.resolve();
  return (report) => {
    let bytes = encoder.encode(`${JSON.stringify(report)}\n`);
    queue = queue.then(async () => {
      while (bytes.length > 0) bytes = bytes.subarray(await control.write(bytes));
    }).catch(() => {});
    return queue;
  };
}
