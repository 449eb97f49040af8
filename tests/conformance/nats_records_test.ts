/** Stores of records on NATS JetStream keep the promises every backend makes: one server, every write on its disk. @module */
import { openRecords } from "../../backends/nats/record_backend.ts";
import type { LoopbackProxy } from "../support/servers/loopback_proxy.ts";
import { startNats, type TestNats } from "../support/servers/nats_server.ts";
import { natsTest } from "../support/servers/requires_nats.ts";
import { natsHarness } from "./nats_harness.ts";
import { conformance } from "./suite.ts";

let server: TestNats;
natsTest.beforeAll(async () => {
  server = await startNats();
});
natsTest.afterAll(() => server[Symbol.asyncDispose]());

const EXPECTATION = "Nats-Expected-Last-Subject-Sequence";
/** As long as the name of the expectation; the server refuses it. */
const REFUSED = "Nats-Rollup: bad\r\nX-Padding-Padding";

/** The expectation of the next record with a dead letter becomes what the server refuses. */
function spoilDeadLetter(proxy: LoopbackProxy): void {
  proxy.filter = (sent) => {
    const text = new TextDecoder("latin1").decode(sent);
    const dead = text.indexOf(`"state":"dead"`);
    const at = text.lastIndexOf(EXPECTATION, dead);
    if (dead < 0 || at < 0) return;
    sent.set(new TextEncoder().encode(REFUSED), at);
    proxy.filter = undefined;
  };
}

conformance(
  "NATS JetStream on records",
  natsHarness(() => ({
    options: { url: server.url, syncAlways: true, leaseMs: 900 },
    proxied: true,
    layout: { neverMs: Infinity, open: openRecords, spoilDeadLetter },
  })),
  ["failNextDeadLetterWrite", "leaveEvent"],
  natsTest,
);
