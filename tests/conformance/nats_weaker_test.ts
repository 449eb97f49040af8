/** What `--allow-weaker` makes of a server of 2.9 keeps every promise but those that its `features` take back. @module */
import { startNats, type TestNats } from "../support/nats_server.ts";
import { debianNats } from "../support/old_nats.ts";
import { natsHarness } from "./nats_harness.ts";
import { conformance } from "./suite.ts";

const { program, test } = await debianNats();
let server: TestNats;
test.beforeAll(async () => {
  server = await startNats({ program: program!, syncAlways: false });
});
test.afterAll(() => server[Symbol.asyncDispose]());

conformance(
  "JetStream of nats-server 2.9",
  natsHarness(() => ({ options: { url: server.url, allowWeaker: true, leaseMs: 600 }, proxied: true })),
  ["failNextDeadLetterWrite"],
  test,
);
