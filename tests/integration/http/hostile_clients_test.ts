/** What clients can hold open, and by which names they may call. Sockets are plain TCP: fetch would be too polite. */
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { exposureWarning } from "../../../console/http/listen.ts";
import { type HttpRoutes, respondWith, serveHttp } from "../../../console/http/server.ts";

/** For a busy machine, of what would else take an hour. */
const ENDS_WITHIN_MS = 60_000;

type Options = Parameters<typeof serveHttp>[0];
type Server = Awaited<ReturnType<typeof serveHttp>>;

const routes: HttpRoutes = new Map(["/", "/health", "/metrics"].map((path) => [
  path,
  () => Promise.resolve(respondWith(200, "fine\n")),
]));

async function serving(options: Partial<Options>, visit: (server: Server) => Promise<void>) {
  const server = await serveHttp({ port: 0, routes, ...options });
  try {
    await visit(server);
  } finally {
    await server.close();
  }
}

/** A connection that sent this much. */
async function connect({ port }: Server, sent: string) {
  const socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(new TextEncoder().encode(sent));
  return socket;
}

/** All that comes until the server closes the connection. */
async function readToEnd(socket: Deno.Conn): Promise<string> {
  try {
    return await new Response(socket.readable).text();
  } catch {
    return "";
  }
}

const request = (path: string, host = "localhost", more = "") =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const lastRequest = (path: string, host?: string) => request(path, host, "Connection: close\r\n");
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

Deno.test("a probe is answered while 500 half-sent requests hang at a bound of 32", async () => {
  // Nothing but its bound makes room.
  const hour = 3_600_000;
  await serving({ limits: { connections: 32, headerMs: hour, idleMs: hour } }, async (server) => {
    const hanging = await Promise.all(
      Array.from({ length: 500 }, () => connect(server, "GET / HTTP/1.1\r\nX-")),
    );
    const response = await fetch(`${server.url}health`);
    assertEquals([response.status, await response.text()], [200, "fine\n"]);
    // All but the last 31 and the probe were closed to make room.
    let closed = 0;
    const ends = hanging.map((socket) => readToEnd(socket).then(() => closed++));
    await Promise.all(ends.slice(0, 460));
    await server.close();
    await Promise.all(ends);
    assertEquals(closed, 500);
  });
});

Deno.test("a request that is being answered keeps its connection while others come", async () => {
  const answering = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const slow: HttpRoutes = new Map([["/health", () => (asked.resolve(), answering.promise)]]);
  await serving({ routes: slow, limits: { connections: 2 } }, async (server) => {
    const waiting = await connect(server, lastRequest("/health"));
    const answered = readToEnd(waiting);
    await asked.promise;
    const others = await Promise.all(Array.from({ length: 20 }, () => connect(server, "GET /")));
    const ends = others.map(readToEnd);
    await Promise.race(ends);
    answering.resolve(respondWith(200, "late\n"));
    assert((await answered).endsWith("late\n"));
    await server.close();
    await Promise.all(ends);
  });
});

Deno.test("a header that comes a byte at a time is cut off, and so is a connection that says nothing", async () => {
  await serving({ limits: { headerMs: 200 } }, async (server) => {
    const dripping = await connect(server, "GET /health HTTP/1.1\r\nX-");
    const drip = setInterval(() => dripping.write(new Uint8Array([97])).catch(() => {}), 50);
    const silent = await connect(server, "");
    await Promise.all([readToEnd(dripping), readToEnd(silent)]);
    clearInterval(drip);
  });
});

Deno.test("a connection that sends nothing after its answer is closed", async () => {
  await serving({ limits: { headerMs: 200, idleMs: 200 } }, async (server) => {
    assertEquals(statusOf(await readToEnd(await connect(server, request("/health")))), 200);
  });
});

Deno.test("requests sent ahead are answered up to the bound, then the connection is closed", async () => {
  await serving({ limits: { requestsAhead: 5 } }, async (server) => {
    const answers = await readToEnd(await connect(server, request("/health").repeat(200)));
    assertEquals(answers.split("HTTP/1.1 200").length - 1, 5);
  });
});

Deno.test("requests sent one after the other are answered up to the bound, then the connection is closed", async () => {
  await serving({ limits: { requestsPerConnection: 3 } }, async (server) => {
    const socket = await connect(server, request("/health"));
    let answers = 0;
    for await (const part of socket.readable) {
      answers += new TextDecoder().decode(part).split("HTTP/1.1 200").length - 1;
      if (answers < 3) await socket.write(new TextEncoder().encode(request("/health")));
    }
    assertEquals(answers, 3);
  });
});

Deno.test("a body is not waited for: the answer comes, and the connection is closed", async () => {
  await serving({ limits: { headerMs: 3_600_000, idleMs: 3_600_000 } }, async (server) => {
    const head = "GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";
    assertEquals(statusOf(await readToEnd(await connect(server, head))), 200);
  });
});

Deno.test("closing does not wait for connections of any kind", async () => {
  const server = await serveHttp({
    port: 0,
    routes,
    limits: { headerMs: 3_600_000, idleMs: 3_600_000 },
  });
  const parts = ["", "GET", request("/health"), request("/health") + "GET /", "\r\n"];
  const open = await Promise.all(parts.map((part) => connect(server, part)));
  const ends = open.map(readToEnd);
  await deadline(server.close(), ENDS_WITHIN_MS);
  await Promise.all(ends);
});

Deno.test("only probes and metrics are served under a name that is not the node's", async () => {
  await serving({ hosts: ["node.example"] }, async (server) => {
    const ask = async (path: string, host: string) =>
      statusOf(await readToEnd(await connect(server, lastRequest(path, host))));
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1].evil"]) {
      assertEquals([host, await ask("/", host)], [host, 421]);
      assertEquals([host, await ask("/else", host)], [host, 421]);
    }
    for (const host of ["localhost:8080", "127.0.0.1", "[::1]:80", "LOCALHOST", "node.example:80"]) {
      assertEquals([host, await ask("/", host)], [host, 200]);
    }
    assertEquals([await ask("/health", "evil.example"), await ask("/metrics", "10.0.0.7:8080")], [200, 200]);
  });
});

Deno.test("an address other machines reach is named with what it exposes, the loopback is not", () => {
  for (const host of ["127.0.0.1", "localhost", "::1", "[::1]", "127.0.0.2"]) {
    assertEquals(exposureWarning(host), undefined);
  }
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "node.example", "127.0.0.1.example"]) {
    const warning = exposureWarning(host)!;
    assert(warning.includes(host) && warning.includes("/metrics") && !warning.includes("\n"));
  }
});
