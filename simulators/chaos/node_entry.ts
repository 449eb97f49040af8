/**
 * The entry of chaos nodes, and of their guardian. A normal node never comes here: it is started by `main.ts`, and no
 * option, environment variable or message leads from there to here. @module
 */
import { guard } from "../../actors/guardian.ts";
import type { Supervisor } from "../../actors/supervisor.ts";
import type { AvailabilityListener } from "../../backends/patience.ts";
import { linesOf, type NodePlan, type Order, steadyNow } from "./control.ts";
import { keepWorkers } from "./kept_workers.ts";
import { nodeCommand } from "./node_command.ts";
import { NodeCore, tellTo } from "./node_core.ts";
import { openStore } from "./open_store.ts";
import type { Reporter } from "./watched_backend.ts";

const RECYCLE = 75;

async function guardNode(plan: NodePlan): Promise<number> {
  const { command, args } = nodeCommand({ ...plan, role: "node" });
  return await guard({
    command,
    args,
    env: {},
    intensity: { restarts: 10, periodMs: 60_000 },
    isFinal: (code) => code <= 7,
    recycleCode: RECYCLE,
    interruptedCode: 130,
    log: (line) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
  });
}

async function runNode(plan: NodePlan): Promise<number> {
  const { workers } = keepWorkers();
  const control = await Deno.connect({ hostname: "127.0.0.1", port: plan.control });
  const report = reporter(control);
  await report({ kind: "hello", node: plan.node, life: crypto.randomUUID(), pid: Deno.pid });
  try {
    return await serve(plan, control, report, workers);
  } catch (error) {
    await report({
      kind: "crashed",
      why: error instanceof Error ? error.stack ?? error.message : `${error}`,
    });
    return 70;
  }
}

async function serve(plan: NodePlan, control: Deno.TcpConn, report: Reporter, workers: Worker[]) {
  const observer = tellTo(report);
  let away = false;
  const onAvailabilityChange: AvailabilityListener = (error) => {
    if (away !== (error !== undefined)) error ? observer.backendUnavailable("") : observer.backendAvailable();
    away = error !== undefined;
  };
  const backend = await openStore({ ...plan, onAvailabilityChange });
  const core = new NodeCore(backend, report, workers);
  const asked = listen(control, core, report);
  const started = core.supervisor.start().then(() => never);
  const ending = await Promise.race([asked, core.supervisor.ended(), started]);
  if (ending !== "stop" && ending.kind === "escalated") {
    await report({ kind: "told", what: "recycle", at: steadyNow(), ids: {} });
    await core.stop();
    return RECYCLE;
  }
  await core.stop();
  await backend.close();
  return 0;
}

const never = new Promise<Awaited<ReturnType<Supervisor["ended"]>>>(() => {});

/** Obeys until it is asked to stop: by standard input, as a guardian asks, or by its end. */
async function listen(control: Deno.TcpConn, core: NodeCore, report: Reporter) {
  const obey = async () => {
    for await (const line of linesOf(control)) {
      const { order, n } = JSON.parse(line) as { order: Order; n: number };
      await report({ kind: "obeyed", order: n, evidence: core.obey(order) });
    }
  };
  const stopped = Deno.stdin.read(new Uint8Array(16)).catch(() => null);
  await Promise.race([obey(), stopped]);
  return "stop" as const;
}

/** Reports in order. Once written, a line reaches its reader even if this process is killed in the next instant. */
function reporter(control: Deno.TcpConn): Reporter {
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

if (import.meta.main) {
  const plan = JSON.parse(Deno.args[0]!) as NodePlan;
  Deno.exit(plan.role === "guardian" ? await guardNode(plan) : await runNode(plan));
}
