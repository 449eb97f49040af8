/** Stores on JetStream for the conformance suite: a stream of its own for each case. @module */
import type { Backend } from "../../backends/backend.ts";
import { type NatsOptions, openNats } from "../../backends/nats/nats_backend.ts";
import type { Harness, NodeOptions } from "./harness.ts";

const PARTITIONS = 4;
let stores = 0;

/** Opens harnesses on a server or a cluster, which is asked for once the tests run. */
export function natsHarness(server: () => NatsOptions & { leaseMs: number }): () => Promise<Harness> {
  return () => Promise.resolve(harnessOn(server()));
}

function harnessOn(server: NatsOptions & { leaseMs: number }): Harness {
  const { leaseMs } = server;
  const store = { ...server, stream: `STORE_${++stores}`, partitions: PARTITIONS };
  const nodes: Backend[] = [];
  return {
    leaseMs,
    async backend(owner?: string, { renews = true, ...limits }: NodeOptions = {}) {
      const node = owner === undefined ? {} : { node: owner };
      const renewMs = renews ? leaseMs / 3 : 1e8;
      nodes.push(await openNats({ ...store, renewMs, ...node, ...limits }));
      return nodes.at(-1)!;
    },
    // The clock is the server's: only real time moves it.
    advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    close: async () => void await Promise.all(nodes.map((node) => node.close())),
  };
}
