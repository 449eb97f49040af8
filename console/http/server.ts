/**
 * An HTTP server for probes and figures: routes by path, headers that every answer has, bounds on what clients can hold
 * open, and an end that takes no longer than a second.
 *
 * It stands on `node:http`, because `Deno.serve` has neither a limit of connections nor a time-out for a header, and ends
 * the process when `accept` finds no free file. Measured on Deno 2.9.6: `headersTimeout` cuts off a header that comes a
 * byte at a time, also a connection that says nothing; `keepAliveTimeout` closes idle connections; `maxHeaderSize` refuses
 * at once; an `accept` without a free file is tried again later. Three limits do not hold and are made here:
 * `maxConnections` turns away the newcomer, which is the probe, so `ConnectionLimit` closes the longest waiting one
 * instead; `maxRequestsPerSocket` is without effect (20 of 20 requests sent ahead were answered where 5 were allowed);
 * `requestTimeout` does not end a body that never comes, so bodies are read within bounds of our own (`bodies.ts`), for the
 * console alone, and their connection is closed.
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { endsWithin } from "../../backends/primitives/concurrency.ts";
import { readBody, writeStream } from "./bodies.ts";
import { closeSoon, ConnectionLimit } from "./connections.ts";
import { bare, inUrl, listen, LOOPBACK_HOSTS } from "./listen.ts";

/** What is served, by path. It reads, and changes nothing: only GET and HEAD are taken. */
export type HttpRoutes = ReadonlyMap<string, () => Promise<Response>>;

/** What answers every other path, and takes forms. */
type FallbackHandler = (request: Request) => Promise<Response>;

/** What clients may hold open. */
interface HttpLimits {
  readonly connections: number;
  readonly requestsPerConnection: number;
  readonly requestsAhead: number;
  /** For the whole header of a request, from its first byte or the connection's start. */
  readonly headerMs: number;
  /** Between two requests of a connection. */
  readonly idleMs: number;
}

interface HttpOptions {
  readonly routes: HttpRoutes;
  /** The console, which also takes over `/`. Default: what no route has is not found. */
  readonly fallback?: FallbackHandler | undefined;
  /** Default: the loopback address, for figures of a node are not public. */
  readonly host?: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Names clients may use in `Host`, besides those of the loopback and the address that is listened on. */
  readonly hosts?: readonly string[] | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A server that listens. */
export interface HttpServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Stops listening and answers what is open. Legal twice; takes no longer than a second. */
  close(): Promise<void>;
}

const DEFAULT_HOST = "127.0.0.1";

/** A quarter of the usual limit of 1,024 open files: the rest is the store's and the workers'. */
const LIMITS: HttpLimits = {
  connections: 256,
  requestsPerConnection: 100,
  // No browser or scraper sends any ahead. With a hundred each, fifty connections held up a node for two seconds.
  requestsAhead: 4,
  headerMs: 5_000,
  idleMs: 30_000,
};

/** Longer headers are refused. Those of probes and scrapers take a few hundred bytes. */
const MAX_HEADER_BYTES = 16_384;

/** Answered whatever name a client calls the node by: probes and scrapers go by address. */
const PATHS_OF_ANY_HOST = ["/live", "/ready", "/health", "/metrics"];

/** A client that does not read its answer is not waited for any longer. */
const CLOSE_MS = 1_000;

const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

const METHODS = "GET, HEAD";

/** Listens and serves; returns when connections are taken. Throws ListenError. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const { port, host = DEFAULT_HOST } = options;
  const limits = { ...LIMITS, ...options.limits };
  const server = createServer(timeoutsOf(limits));
  const connections = new ConnectionLimit(server, limits);
  const open = new Set<() => void>();
  const router = { ...options, hosts: allowedHosts(host, options.hosts) };
  server.on("request", (request, response) => {
    const respondTo = () => stopServing(respond(request, router), open);
    // What goes wrong with one connection ends that connection.
    answer(request, response, connections, respondTo).catch(() => request.socket.destroy());
  });
  server.on("clientError", (_, socket) => socket.destroy());
  const { port: taken } = await listen(server, host, port);
  let closed: Promise<void> | undefined;
  const close = () => {
    // Requests still waiting for the backend are answered now, or they would hold up the end.
    for (const stop of open) stop();
    return closed ??= closeServer(server, connections);
  };
  return { host, port: taken, url: `http://${inUrl(host)}:${taken}/`, close };
}

function timeoutsOf({ headerMs, idleMs }: HttpLimits) {
  return {
    headersTimeout: headerMs,
    requestTimeout: 2 * headerMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: Math.min(1_000, headerMs / 2),
    maxHeaderSize: MAX_HEADER_BYTES,
  };
}

/** Lets open answers be written, then cuts off what is left. */
async function closeServer(server: Server, connections: ConnectionLimit): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeWaiting();
  await endsWithin(closed, CLOSE_MS);
  connections.closeAll();
}

/** Writes the answer to one request, and closes its connection where the bounds say so or a body would follow. */
async function answer(
  { socket, headers }: IncomingMessage,
  response: ServerResponse,
  connections: ConnectionLimit,
  respondTo: () => Promise<Response>,
): Promise<void> {
  const { isAnswered, isKept } = connections.begin(socket);
  if (!isAnswered) return;
  const hasBody = "content-length" in headers || "transfer-encoding" in headers;
  if (!isKept || hasBody) response.shouldKeepAlive = false;
  await writeResponse(response, await respondTo());
  connections.end(socket);
  if (hasBody) closeSoon(socket);
}

async function writeResponse(to: ServerResponse, response: Response): Promise<void> {
  to.statusCode = response.status;
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie") to.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) to.setHeader("set-cookie", cookies);
  const isStream = response.headers.get("content-type") === "text/event-stream";
  if (isStream && response.body !== null) await writeStream(to, response.body);
  else to.end(await response.text());
}

/** The response; or, when the server stops before it is there, that it stops. */
async function stopServing(response: Promise<Response>, open: Set<() => void>): Promise<Response> {
  const stopped = Promise.withResolvers<Response>();
  const stop = () => stopped.resolve(respondWith(503, "The node is stopping\n"));
  open.add(stop);
  try {
    return await Promise.race([response, stopped.promise]);
  } catch {
    // The error stays inside: it may quote anything.
    return respondWith(500, "Internal error\n");
  } finally {
    open.delete(stop);
  }
}

interface Router {
  readonly routes: HttpRoutes;
  readonly fallback?: FallbackHandler | undefined;
  /** Names that `Host` may have. */
  readonly hosts: ReadonlySet<string>;
}

async function respond(message: IncomingMessage, { routes, hosts, fallback }: Router): Promise<Response> {
  const { url, method, headers } = message;
  const path = pathOf(url);
  if (!PATHS_OF_ANY_HOST.includes(path) && !hosts.has(hostName(headers.host))) {
    return respondWith(421, "This server does not go by that name: see --http-hosts\n");
  }
  const route = routes.get(path);
  const isTaken = route === undefined || path === "/";
  if (fallback !== undefined && isTaken && path !== "") return await respondByFallback(message, fallback);
  if (route === undefined) return respondWith(404, `Not found: there are ${namesOf(routes)}\n`);
  if (!METHODS.split(", ").includes(method ?? "")) {
    return respondWith(405, `Use ${METHODS}\n`, { allow: METHODS });
  }
  return await route();
}

/** Bodies are read for the methods that the console takes forms by; the rest comes without one. */
async function respondByFallback(message: IncomingMessage, fallback: FallbackHandler): Promise<Response> {
  const { url, method = "GET", headers } = message;
  const address = URL.parse(`http://${headers.host}${url}`);
  if (address === null) return respondWith(400, "Bad request\n");
  const body = method === "POST" ? await readBody(message, address.pathname) : null;
  if (body === undefined) return bodyRefused(address.pathname);
  const sent = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
  return await fallback(new Request(address, { method, headers: sent, body }));
}

/** Programs get every refusal as problem+json. */
function bodyRefused(path: string): Response {
  const detail = "The body is too long, or took too long";
  if (!path.startsWith("/api/")) return respondWith(413, `${detail}\n`);
  const problem = { type: "about:blank", status: 413, title: "The request can't be taken", detail };
  return respondWith(413, JSON.stringify(problem), { "content-type": "application/problem+json" });
}

/** The path of a request line; an absolute URI, as proxies are sent, has none here. */
function pathOf(url = ""): string {
  return url.startsWith("/") ? URL.parse(`http://node${url}`)?.pathname ?? "" : "";
}

/**
 * A page that a browser loaded from elsewhere can point its own name at this address (DNS rebinding) and then read what
 * is served here as if it were its own. The name in `Host` gives it away.
 */
function allowedHosts(host: string, more: readonly string[] = []): ReadonlySet<string> {
  return new Set([...LOOPBACK_HOSTS, host, ...more].map((each) => bare(each).toLowerCase()));
}

/** The name in a `Host` header, without port and brackets. */
function hostName(header = ""): string {
  return bare(header.toLowerCase().replace(/:\d*$/, ""));
}

function namesOf(routes: HttpRoutes): string {
  return [...routes.keys()].filter((path) => path !== "/").join(" and ");
}

/** An answer, as plain text where the headers name no other type. */
export function respondWith(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    status,
    headers: { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}
