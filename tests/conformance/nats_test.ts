/** NATS JetStream keeps the promises every backend makes: one server, every write on its disk. @module */
import { natsTest } from "../support/servers/requires_nats.ts";
import { startNats, type TestNats } from "../support/servers/nats_server.ts";
import { natsHarness } from "./nats_harness.ts";
import { conformance } from "./suite.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

conformance(
  "NATS JetStream",
  natsHarness(() => ({ options: { url: server.url, syncAlways: true, leaseMs: 900 }, proxied: true })),
  ["failNextDeadLetterWrite", "slowAppend", "leaveEvent", "plantGarbage"],
  natsTest,
);
