/** An HTTP server: routes by path, headers that every answer has, and an end that takes no longer than a second. @module */
import { endsWithin } from "../../backends/primitives/concurrency.ts";

/** What is served, by path. It reads, and changes nothing: only GET and HEAD are taken. */
export type HttpRoutes = ReadonlyMap<string, () => Promise<Response>>;

interface HttpOptions {
  readonly routes: HttpRoutes;
  /** Default: the loopback address, for figures of a node are not public. */
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

const METHODS = "GET, HEAD";

/** Listens and serves; returns when connections are taken. Throws ListenError. */
export function serveHttp({ routes, port, host = DEFAULT_HOST }: HttpOptions): HttpServer {
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
  const stop = () => stopped.resolve(respondWith(503, "The node is stopping\n"));
  open.add(stop);
  try {
    return await Promise.race([response, stopped.promise]);
  } finally {
    open.delete(stop);
  }
}

async function respond(request: Request, routes: HttpRoutes): Promise<Response> {
  const route = routes.get(URL.parse(request.url)?.pathname ?? "");
  if (route === undefined) return respondWith(404, `Not found: there are ${namesOf(routes)}\n`);
  if (!METHODS.split(", ").includes(request.method)) {
    return respondWith(405, `Use ${METHODS}\n`, { allow: METHODS });
  }
  return await route();
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

function listen(host: string, port: number, handler: (request: Request) => Promise<Response>) {
  try {
    return Deno.serve({
      hostname: bare(host),
      port,
      onListen: () => {},
      // The error stays inside: it may quote anything.
      onError: () => respondWith(500, "Internal error\n"),
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
