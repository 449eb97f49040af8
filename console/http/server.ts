/** The HTTP side of a node: health for probes, metrics for Prometheus. It reads, and changes nothing. @module */
import { endsWithin } from "../../backends/primitives/concurrency.ts";
import type { HealthReport } from "./health_report.ts";

/** What is served. Each is asked at every request: whoever provides it decides what may come from memory. */
export interface HttpRoutes {
  readonly health: () => Promise<HealthReport>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

interface HttpOptions extends HttpRoutes {
  /** The loopback address unless told otherwise: figures of a node are not for everybody. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
}

/** A server that listens. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Stops listening and answers what is open. Legal twice; takes no longer than a second. */
  close(): Promise<void>;
}

/** The address can't be listened on. One line, with what to do. */
export class ListenError extends Error {
  override name = "ListenError";
}

const DEFAULT_HOST = "127.0.0.1";

/** A client that does not read its answer is not waited for any longer. */
const CLOSE_MS = 1_000;

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

const TEXT = "text/plain; charset=utf-8";
const METHODS = "GET, HEAD";

/** Listens and serves; returns when connections are taken. Throws ListenError. */
export function serveHttp(options: HttpOptions): HttpServer {
  const { host = DEFAULT_HOST, port } = options;
  const routes = routesOf(options);
  const open = new Set<() => void>();
  const handler = (request: Request) => stopServing(respond(request, routes), open);
  const server = listen(host, port, handler);
  const { port: taken } = server.addr as Deno.NetAddr;
  let closed: Promise<void> | undefined;
  const close = () => {
    // Requests still waiting for the backend are answered now, or they would hold up the end.
    for (const stop of open) stop();
    return closed ??= endsWithin(server.shutdown(), CLOSE_MS).then(() => {});
  };
  return { host, port: taken, url: `http://${inUrl(host)}:${taken}/`, close };
}

/** The response; or, when the server stops before it is there, that it stops. */
async function stopServing(response: Promise<Response>, open: Set<() => void>): Promise<Response> {
  const stopped = Promise.withResolvers<Response>();
  const stop = () => stopped.resolve(answer(503, "The node is stopping\n", TEXT));
  open.add(stop);
  try {
    return await Promise.race([response, stopped.promise]);
  } finally {
    open.delete(stop);
  }
}

type Route = () => Promise<Response>;

function routesOf({ health, metrics }: HttpRoutes): ReadonlyMap<string, Route> {
  const index = "Zaakstroom: /health says how the node is doing, /metrics has its figures for Prometheus\n";
  return new Map<string, Route>([
    ["/", () => Promise.resolve(answer(200, index, TEXT))],
    ["/health", async () => healthAnswer(await health())],
    ["/metrics", async () => {
      const { contentType, text } = await metrics();
      return answer(200, text, contentType);
    }],
  ]);
}

async function respond(request: Request, routes: ReadonlyMap<string, Route>): Promise<Response> {
  const route = routes.get(URL.parse(request.url)?.pathname ?? "");
  if (route === undefined) return answer(404, "Not found: there are /health and /metrics\n", TEXT);
  if (!METHODS.split(", ").includes(request.method)) {
    return answer(405, `Use ${METHODS}\n`, TEXT, { allow: METHODS });
  }
  return await route();
}

/** Lagging is 200: a node that is behind needs time, and whoever restarts it takes that away. */
function healthAnswer(report: HealthReport): Response {
  const status = report.status === "ok" || report.status === "lagging" ? 200 : 503;
  return answer(status, `${JSON.stringify(report, null, 2)}\n`, "application/json; charset=utf-8");
}

function answer(status: number, body: string, type: string, more: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...HEADERS, "content-type": type, ...more } });
}

function listen(host: string, port: number, handler: (request: Request) => Promise<Response>) {
  try {
    return Deno.serve({
      hostname: bare(host),
      port,
      onListen: () => {},
      // The error stays inside: it may quote anything.
      onError: () => answer(500, "Internal error\n", TEXT),
    }, handler);
  } catch (error) {
    throw new ListenError(listenErrorText(error, host, port), { cause: error });
  }
}

function listenErrorText(error: unknown, host: string, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `Port ${port} on ${host} is taken: choose another with --port`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `Listening on ${host} port ${port} is not permitted: run with --allow-net=${inUrl(host)}:${port}`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `The system does not allow port ${port} on ${host}: choose one above 1023 with --port`;
  }
  if (error instanceof RangeError) return `There is no port ${port}: choose one from 0 to 65535 with --port`;
  return `${host} is not an address of this machine: choose another with --host`;
}

/** An IPv6 address without and with the brackets it has in a URL. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");
const inUrl = (host: string): string => bare(host).includes(":") ? `[${bare(host)}]` : host;
