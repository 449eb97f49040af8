/** NATS JetStream keeps the promises every backend makes: one server, every write on its disk. @module */
import type { Backend } from "../../backends/backend.ts";
import { openNats } from "../../backends/nats/nats_backend.ts";
import { startNats, type TestNats } from "../support/nats_server.ts";
import type { Harness, NodeOptions } from "./harness.ts";
import { conformance } from "./suite.ts";

const LEASE_MS = 600;
const PARTITIONS = 4;

let server: TestNats;
let stores = 0;
Deno.test.beforeAll(async () => {
  server = await startNats();
});
Deno.test.afterAll(() => server[Symbol.asyncDispose]());

function open(): Promise<Harness> {
  const stream = `STORE_${++stores}`;
  const nodes: Backend[] = [];
  return Promise.resolve({
    leaseMs: LEASE_MS,
    async backend(owner?: string, { renews = true, ...limits }: NodeOptions = {}) {
      const node = owner === undefined ? {} : { node: owner };
      const renewMs = renews ? LEASE_MS / 3 : 1e8;
      const { url } = server;
      nodes.push(
        await openNats({
          url,
          stream,
          partitions: PARTITIONS,
          leaseMs: LEASE_MS,
          renewMs,
          syncAlways: true,
          ...node,
          ...limits,
        }),
      );
      return nodes.at(-1)!;
    },
    // The clock is the server's: only real time moves it.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => void await Promise.all(nodes.map((node) => node.close())),
  });
}

conformance("NATS JetStream", open);
