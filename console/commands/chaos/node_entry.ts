/** The program that runs chaos nodes and their guardians, with the health and metrics of a normal node. @module */
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import { runChaosProcess } from "../../../simulators/chaos/node/chaos_process.ts";
import { WORKERS } from "../../../simulators/chaos/node/chaos_runtime.ts";
import { HealthCheck } from "../../http/health_check.ts";
import { nodeRoutes, nodeSources } from "../../http/routes.ts";
import { StoreMeter } from "../../http/store_meter.ts";
import { type HttpServer, serveHttp } from "../../http/server.ts";
import { Metrics } from "../../telemetry/metrics.ts";

function serveStatus(store: Backend, node: string): Promise<HttpServer> {
  const { name: backend } = store;
  const names = processors.map(({ name }) => name);
  const facts = { node, backend, startedAt: Date.now(), processors: names, workers: WORKERS };
  const metrics = new Metrics({ backend, node, processors });
  const check = new HealthCheck({
    health: () => store.health(),
    facts: () => facts,
    onHealth: (health) => metrics.recordHealth(health),
  });
  const meter = new StoreMeter({
    measure: () => store.measure(),
    onMeasured: (measured) => metrics.recordMeasurements(measured),
  });
  return serveHttp({ port: 0, routes: nodeRoutes(nodeSources(check, meter, metrics)) });
}

/** Runs what a plan, a JSON text, says. Returns the exit code. */
export async function runChaosNode(plan: string): Promise<number> {
  return await runChaosProcess(plan, serveStatus);
}

if (import.meta.main) Deno.exit(await runChaosNode(Deno.args[0]!));
