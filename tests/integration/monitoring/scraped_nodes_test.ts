/** Real nodes, scraped: their metrics are well formed and count every producer; alerts read what is there. @module */
import { assert, assertEquals } from "@std/assert";
import { dashboardQueries } from "../../support/monitoring/dashboard_queries.ts";
import { MonitoredNode } from "../../support/monitoring/monitored_node.ts";
import { alerts, metricNamesIn, recordingRules, ruleFiles } from "../../support/monitoring/rule_files.ts";
import { findNatsServer, startNats, type TestNats } from "../../support/servers/nats_server.ts";
import { startPostgres, type TestPostgres } from "../../support/servers/postgres_server.ts";
import { prometheusTest, promtool, TestPrometheus } from "../../support/servers/prometheus.ts";
import { natsTest } from "../../support/servers/requires_nats.ts";

let servers: { readonly postgres: TestPostgres; readonly nats: TestNats };
let prometheus: Promise<TestPrometheus> | undefined;
const scraping = () => prometheus ??= startScraping();
let nodes: { readonly postgres: MonitoredNode; readonly nats: MonitoredNode };
natsTest.beforeAll(async () => {
  servers = { postgres: await startPostgres(), nats: await startNats() };
  nodes = {
    postgres: MonitoredNode.start("postgres", await servers.postgres.freshStore()),
    nats: MonitoredNode.start("nats", servers.nats.url),
  };
});
natsTest.afterAll(async () => {
  await (await prometheus)?.[Symbol.asyncDispose]();
  for (const each of [...Object.values(nodes), ...Object.values(servers)]) await each[Symbol.asyncDispose]();
});

/** The output of the nodes is read beside the tests. */
const beside = { sanitizeOps: false, sanitizeResources: false };
const withoutNats = await findNatsServer().then(() => false, () => true);
const nodeTest = (name: string, fn: () => Promise<void>) => natsTest({ name, fn, ...beside });
const scrapeTest = (name: string, fn: () => Promise<void>) =>
  prometheusTest({ name, fn, ...beside, ignore: withoutNats });

for (const backend of ["postgres", "nats"] as const) {
  nodeTest(`event_published_total counts every producer (${backend})`, async () => {
    const node = nodes[backend];
    await node.address();
    await node.publish("cli-1", "cli-2");
    await node.publishFromProgram("library-1");
    await node.leave("left-1");
    const labels = `backend="${backend}",event_type="case.intake"`;
    assertEquals(await node.valueOf(`event_published_total{${labels}}`, 4), 4);
    assertEquals(await node.valueOf(`event_processed_total{${labels},status="success"}`, 4), 4);
    const analysed = `event_published_total{backend="${backend}",event_type="case.analysis"}`;
    assertEquals(await node.valueOf(analysed, 4), 4);
  });

  nodeTest(`a node that runs is live, ready and well (${backend})`, async () => {
    const answers = await Promise.all(["/live", "/ready", "/health"].map((path) => nodes[backend].get(path)));
    assertEquals(
      answers.map(({ status }) => status),
      [200, 200, 200],
      answers.map(({ text }) => text).join(),
    );
  });
}

for (const backend of ["postgres", "nats"] as const) {
  scrapeTest(`promtool finds no fault with the metrics of a node (${backend})`, async () => {
    const { text } = await nodes[backend].get("/metrics");
    assertEquals(await promtool(["check", "metrics"], text), "");
  });
}

/** One Prometheus for the tests below: both nodes up, and scraped often enough for a rate. */
async function startScraping(): Promise<TestPrometheus> {
  const targets = [await nodes.postgres.address(), await nodes.nats.address()];
  const started = await TestPrometheus.start(targets, ruleFiles);
  await started.waitFor('count(count_over_time(up{job="zaakstroom"}[10s]) >= 4) == 2');
  return started;
}

scrapeTest("rules name only metrics that nodes expose, and Prometheus evaluates all of them", async () => {
  const prometheus = await scraping();
  const recorded = recordingRules.map(({ record }) => record);
  for (const { expr } of [...alerts, ...recordingRules]) {
    const names = metricNamesIn(expr);
    assert(names.length > 0, expr);
    for (const name of names.filter((each) => !recorded.includes(each))) {
      await prometheus.waitFor(`count(${name})`);
    }
    await prometheus.query(expr);
  }
  const evaluated = await prometheus.rules();
  assertEquals(evaluated.filter(({ health }) => health !== "ok"), []);
  assertEquals(evaluated.length, alerts.length + recordingRules.length);
});

scrapeTest("every expression of the dashboards has an answer from nodes at work", async () => {
  const prometheus = await scraping();
  await Promise.all([nodes.postgres.publish("shown-1"), nodes.nats.publish("shown-1")]);
  for (const { expr } of dashboardQueries()) {
    for (const name of metricNamesIn(expr)) await prometheus.waitFor(`count(${name})`);
    await prometheus.waitFor(expr);
  }
});
