/** NATS JetStream keeps the promises every backend makes on a cluster too: three servers, each message on all of them. @module */
import { startNatsCluster, type TestCluster } from "../support/servers/nats_cluster.ts";
import { natsTest } from "../support/servers/requires_nats.ts";
import { natsHarness } from "./nats_harness.ts";
import { conformance, replicatedCases } from "./suite.ts";

let cluster: TestCluster;
natsTest.beforeAll(async () => {
  cluster = await startNatsCluster();
});
natsTest.afterAll(() => cluster[Symbol.asyncDispose]());

conformance(
  "NATS JetStream R3",
  natsHarness(() => ({ options: { url: cluster.url, replicas: 3, leaseMs: 1_500 } })),
  ["slowAppend"],
  natsTest,
  // All of them take two minutes and a half: `deno task ok:long`.
  Deno.env.has("ZAAKSTROOM_LONG") ? undefined : replicatedCases,
);
