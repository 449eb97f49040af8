import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { BackendUnavailable } from "../../../backends/errors.ts";
import { HealthCheck } from "../../../console/http/health_check.ts";
import { reportHealth } from "../../../console/http/health_report.ts";
import { StoreMeter } from "../../../console/http/store_meter.ts";
import { nodeRoutes, nodeSources } from "../../../console/http/routes.ts";
import { ListenError } from "../../../console/http/listen.ts";
import { serveHttp } from "../../../console/http/server.ts";
import { Metrics } from "../../../console/telemetry/metrics.ts";
import { facts, mailbox, START } from "../../unit/console/fixtures.ts";

const measurements = { stored: new Map([["case.intake", 3]]), refused: 2, figures: { database_bytes: 9 } };

type NodeSources = Parameters<typeof nodeRoutes>[0];
type Stuck = { stuck?: boolean; late?: boolean; owner?: string | null };

function reportOf({ stuck = false, late = false, owner = "node-a" }: Stuck = {}) {
  const old = { pending: 1, oldestMs: 60_000, sinceSettledMs: stuck ? 60_000 : 0 };
  const health = {
    durability: "on disk",
    survivesPowerFailure: true,
    timers: 0,
    nextTimerAt: null,
    mailboxes: [mailbox({ owner, ...stuck || late ? old : {} })],
  };
  return reportHealth(health, facts(), {
    now: START + 3_600_000,
    availableSince: null,
    unownedSince: new Map(),
  });
}

async function metricsPart() {
  const metrics = new Metrics({ backend: "postgres" });
  return { contentType: metrics.contentType, text: await metrics.text() };
}

/** The routes of a node that is well, but for these parts. */
const routesOf = (parts: Partial<NodeSources> = {}) =>
  nodeRoutes({ health: () => Promise.resolve(reportOf()), metrics: metricsPart, ...parts });

/** Serves on a free port while `visit` runs. */
async function serving(parts: Partial<NodeSources>, visit: (url: string, port: number) => Promise<void>) {
  const server = await serveHttp({ port: 0, routes: routesOf(parts) });
  try {
    await visit(server.url, server.port);
  } finally {
    await server.close();
  }
}

/** Status, selected headers and body; the body is read, so that nothing stays open. */
async function get(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

Deno.test("/health is JSON, 200 when the node is ok or lagging and 503 when it is stuck", async () => {
  let state: Stuck = {};
  await serving({ health: () => Promise.resolve(reportOf(state)) }, async (url) => {
    const answers: [number, string][] = [];
    for (state of [{}, { late: true }, { stuck: true }]) {
      const { status, headers, body } = await get(`${url}health`);
      assertEquals(headers.get("content-type"), "application/json; charset=utf-8");
      answers.push([status, JSON.parse(body).status]);
    }
    assertEquals(answers, [[200, "ok"], [200, "lagging"], [503, "stuck"]]);
  });
});

Deno.test("/live answers while the store does not, and /ready and /health say that it does not", async () => {
  const waiting = Promise.withResolvers<never>();
  await serving({ health: () => waiting.promise }, async (url) => {
    const ready = get(`${url}ready`);
    const { status, body } = await get(`${url}live`);
    assertEquals([status, body], [200, "live\n"]);
    waiting.reject(new Error("the store is gone"));
    assertEquals((await ready).status, 500);
  });
});

Deno.test("/ready is 200 once the node holds a lease, and /health is not before", async () => {
  let owner: string | null = null;
  const health = () => Promise.resolve(reportOf({ owner }));
  await serving({ health }, async (url) => {
    const answers: [number, string, number, boolean][] = [];
    for (owner of [null, "node-a"]) {
      const [ready, report] = [await get(`${url}ready`), await get(`${url}health`)];
      answers.push([ready.status, ready.body, report.status, JSON.parse(report.body).ready]);
    }
    const missing = "not ready: it holds no lease yet, and there are partitions without an owner\n";
    assertEquals(answers, [[503, missing, 503, false], [200, "ready\n", 200, true]]);
  });
});

Deno.test("/metrics is Prometheus text", async () => {
  await serving({}, async (url) => {
    const { status, headers, body } = await get(`${url}metrics`);
    assertEquals([status, headers.get("content-type")], [200, "text/plain; version=0.0.4; charset=utf-8"]);
    assert(body.includes("# TYPE event_published_total counter"));
    assert(
      /^process_resident_memory_bytes \d+$/m.test(body) && /^process_cpu_seconds_total [\d.]+$/m.test(body),
    );
  });
});

Deno.test("/ names both in one line, and everything else is not found", async () => {
  await serving({}, async (url) => {
    const { status, body } = await get(url);
    assertEquals(status, 200);
    assert(body.includes("/health") && body.includes("/metrics") && body.trim().split("\n").length === 1);
    assertEquals((await get(`${url}health/x`)).status, 404);
    assertEquals((await get(`${url}favicon.ico`, { method: "POST" })).status, 404);
  });
});

Deno.test("nothing can be changed: methods other than GET and HEAD are refused with those that are allowed", async () => {
  await serving({}, async (url) => {
    const { status, headers } = await get(`${url}health`, { method: "POST", body: "x" });
    assertEquals([status, headers.get("allow")], [405, "GET, HEAD"]);
    const head = await get(`${url}health`, { method: "HEAD" });
    assertEquals([head.status, head.body], [200, ""]);
  });
});

Deno.test("answers are not stored, not sniffed and not shared with other origins", async () => {
  await serving({}, async (url) => {
    for (const path of ["", "health", "metrics", "nothing"]) {
      const { headers } = await get(url + path, { headers: { origin: "https://elsewhere.example" } });
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(headers.get("access-control-allow-origin"), null);
    }
  });
});

Deno.test("given a part that throws, the answer is 500 and tells nothing of the error", async () => {
  await serving({ metrics: () => Promise.reject(new Error("citizen 123456782")) }, async (url) => {
    const { status, body } = await get(`${url}metrics`);
    assertEquals([status, body], [500, "Internal error\n"]);
  });
});

Deno.test("given a port that is taken, one line says so and what to do", async () => {
  await serving({}, async (_url, port) => {
    const error = await assertRejects(() => serveHttp({ port, routes: routesOf() }), ListenError);
    assertEquals(error.message, `Port ${port} on 127.0.0.1 is taken: choose another with --port`);
  });
});

Deno.test("given a host or port that can't be, one line says so and what to do", async () => {
  const messageOf = async (host: string, port: number) =>
    (await assertRejects(() => serveHttp({ host, port, routes: routesOf() }), ListenError)).message;
  for (const host of ["192.0.2.1", "no such host", ""]) {
    assertEquals(
      await messageOf(host, 0),
      `${host} is not an address of this machine: choose another with --host`,
    );
  }
  assertEquals(
    await messageOf("127.0.0.1", 70_000),
    "There is no port 70000: choose one from 0 to 65535 with --port",
  );
});

Deno.test("given no permission to listen, one line names it", { permissions: { net: false } }, async () => {
  const error = await assertRejects(() => serveHttp({ port: 8080, routes: routesOf() }), ListenError);
  const what = "Listening on 127.0.0.1 port 8080 is not permitted: run with --allow-net=127.0.0.1:8080";
  assertEquals(error.message, what);
});

Deno.test("scraping as often as one likes does not load the store, and an absent store fails no scrape", async () => {
  const metrics = new Metrics({ backend: "postgres" });
  let [asked, time] = [0, START];
  const health = () => {
    if (++asked > 1) return Promise.reject(new BackendUnavailable("gone"));
    return Promise.resolve({
      durability: "on disk",
      survivesPowerFailure: true,
      timers: 0,
      nextTimerAt: null,
      mailboxes: [mailbox({ pending: 4 })],
    });
  };
  const onHealth = metrics.recordHealth.bind(metrics);
  const check = new HealthCheck({ health, onHealth, facts, now: () => time });
  let measured = 0;
  const meter = new StoreMeter({
    measure: () =>
      ++measured > 1 ? Promise.reject(new BackendUnavailable("gone")) : Promise.resolve(measurements),
    onMeasured: metrics.recordMeasurements.bind(metrics),
    now: () => time,
  });
  await serving(nodeSources(check, meter, metrics), async (url) => {
    for (const passed of [0, 900, 3_000]) {
      time += passed;
      const { body } = await get(`${url}metrics`);
      assert(body.includes('event_queue_depth{backend="postgres"} 4'));
      assert(body.includes('event_published_total{backend="postgres",event_type="case.intake"} 3'));
    }
    assertEquals([asked, measured], [1, 2]);
    const { status, body } = await get(`${url}health`);
    assertEquals([status, JSON.parse(body).status, asked], [503, "unavailable", 2]);
    time += 60_000;
    assertEquals([(await get(`${url}metrics`)).status, measured], [200, 3]);
  });
});

Deno.test("a server that is closed can be closed again, and no longer answers", async () => {
  let gone = "";
  await serving({}, async (url) => {
    await get(url);
    gone = url;
  });
  await assertRejects(() => fetch(gone));
  const server = await serveHttp({ port: 0, routes: routesOf() });
  await Promise.all([server.close(), server.close()]);
  await server.close();
});

Deno.test("closing does not wait for connections that say nothing or for a backend that does not answer", async () => {
  const asked = Promise.withResolvers<void>();
  const health = () => {
    asked.resolve();
    return new Promise<never>(() => {});
  };
  const server = await serveHttp({ port: 0, routes: routesOf({ health }) });
  const silent = await Deno.connect({ hostname: server.host, port: server.port });
  const waiting = get(`${server.url}health`);
  await asked.promise;
  await deadline(server.close(), 60_000);
  assertEquals((await waiting).status, 503);
  silent.close();
});

Deno.test("the permission to listen on one address is enough to serve metrics and health", async () => {
  const script = `
    import { serveHttp } from "${new URL("../../../console/http/server.ts", import.meta.url)}";
    import { nodeRoutes } from "${new URL("../../../console/http/routes.ts", import.meta.url)}";
    import { Metrics } from "${new URL("../../../console/telemetry/metrics.ts", import.meta.url)}";
    import { createNodeLog } from "${new URL("../../../console/telemetry/log.ts", import.meta.url)}";
    const metrics = new Metrics({ backend: "postgres" });
    createNodeLog({ json: true, write: () => {} }).backendUnavailable("no route");
    metrics.settled({ processor: "p", partition: 0, done: { "case.intake": Float64Array.of(1) }, failed: {}, outputs: {} });
    const text = await metrics.text();
    const routes = nodeRoutes({ health: () => Promise.reject(), metrics: () => Promise.resolve({ contentType: "", text }) });
    const server = await serveHttp({ port: 0, routes });
    await server.close();
    console.log(metrics.snapshot().latencyMs !== null && text.includes("process_resident_memory_bytes "));`;
  const flags = [
    "--no-prompt",
    "--no-check",
    "--cached-only",
    "--allow-net=127.0.0.1:0",
    "--ext=ts",
  ];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "-"],
    cwd: new URL("../../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "true", new TextDecoder().decode(stderr));
});
