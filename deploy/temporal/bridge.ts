/**
 * Brings the events of a relay to Temporal: an HTTP endpoint for `relay --to http://127.0.0.1:7700/events`. The relay keeps
 * the checkpoint, in its store. It is told that a batch has arrived only when Temporal has every event of it; what it sends
 * again is dropped there, by its id.
 * @module
 */
import { Connection } from "@temporalio/client";
import { byCase, type CaseEvent, type Destination, faultOf, signalRequest } from "./signal_request.ts";

/** gRPC status of a workflow that has closed, and whose id can't be used again. */
const ALREADY_EXISTS = 6;
const MAX_BYTES = 16 * 1024 * 1024;

export interface BridgeOptions extends Destination {
  readonly address: string;
  readonly port: number;
  /** Where given, requests must carry it as their bearer token. */
  readonly token?: string | undefined;
}

/** Signals the events of one case one after another. Returns how many came after its workflow had closed. */
async function signalCase(connection: Connection, events: readonly CaseEvent[], to: Destination) {
  let late = 0;
  for (const event of events) {
    try {
      await connection.workflowService.signalWithStartWorkflowExecution(signalRequest(event, to));
    } catch (error) {
      if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
      late++;
    }
  }
  return late;
}

async function receive(request: Request, connection: Connection, options: BridgeOptions): Promise<Response> {
  const { token } = options;
  if (token !== undefined && request.headers.get("authorization") !== `Bearer ${token}`) {
    return new Response(null, { status: 401 });
  }
  if (request.method !== "POST" || new URL(request.url).pathname !== "/events") {
    return new Response(null, { status: 404 });
  }
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BYTES) {
    return new Response(null, { status: 413 });
  }
  const body = await request.json().catch(() => undefined);
  const fault = faultOf(body);
  if (fault !== undefined) return new Response(fault, { status: 422 });
  return await deliver(body, connection, options);
}

/** Cases side by side. A batch of which a part is missing is sent again by the relay, whole. */
async function deliver(events: readonly CaseEvent[], connection: Connection, options: BridgeOptions) {
  const results = await Promise.allSettled(
    byCase(events).map((own) => signalCase(connection, own, options)),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) {
    console.error(`Temporal has not taken a batch: ${failed.reason.message}`);
    return new Response(null, { status: 503, headers: { "retry-after": "1" } });
  }
  const late = results.reduce((sum, result) => sum + (result.status === "fulfilled" ? result.value : 0), 0);
  if (late > 0) console.error(`${late} events came after the workflows of their cases had closed`);
  return new Response(null, { status: 204 });
}

/** Listens on loopback until it is ended. */
export function serveBridge(options: BridgeOptions): Deno.HttpServer<Deno.NetAddr> {
  const connection = Connection.lazy({ address: options.address });
  return Deno.serve({
    hostname: "127.0.0.1",
    port: options.port,
    onListen: ({ port }) => console.error(`Bridge to Temporal on http://127.0.0.1:${port}/events`),
  }, (request) => receive(request, connection, options));
}

if (import.meta.main) {
  const env = (name: string, otherwise: string) => Deno.env.get(name) ?? otherwise;
  const tokenFile = Deno.env.get("BRIDGE_TOKEN_FILE");
  serveBridge({
    address: env("TEMPORAL_ADDRESS", "127.0.0.1:7233"),
    namespace: env("TEMPORAL_NAMESPACE", "default"),
    workflow: env("TEMPORAL_WORKFLOW", "reminder"),
    taskQueue: env("TEMPORAL_TASK_QUEUE", "cases"),
    port: Number(env("BRIDGE_PORT", "7700")),
    token: tokenFile === undefined ? undefined : Deno.readTextFileSync(tokenFile).trim(),
  });
}
