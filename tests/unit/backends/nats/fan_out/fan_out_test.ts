import { assertEquals } from "@std/assert";
import type { NatsClient } from "../../../../../backends/nats/connection/client.ts";
import { NatsFanOut } from "../../../../../backends/nats/fan_out/fan_out.ts";

/** A fan-out whose store is restored for so many looks; it is asked of its server when it goes on, and ends there. */
function waitingFor(looks: number) {
  const stop = new AbortController();
  const seen = { looks: 0, requests: 0, requestsWhileRestored: 0 };
  const refuse = () => {
    seen.requests++;
    stop.abort();
    return Promise.reject(new RangeError("enough"));
  };
  const fanOut = new NatsFanOut({
    client: { request: refuse, manage: refuse } as unknown as NatsClient,
    store: { stream: "CASES", prefix: "cases", partitions: 1, replicas: 1, leaseMs: 3 },
    node: "one",
    options: {},
    restore: () => Promise.resolve(),
    isLogLost: () => Promise.resolve(false),
    isRestored: () => {
      const isRestored = ++seen.looks <= looks;
      if (isRestored) seen.requestsWhileRestored = seen.requests;
      return Promise.resolve(isRestored);
    },
  });
  return { seen, ended: fanOut.run(stop.signal).catch(() => {}), stop };
}

Deno.test("on a restored store it takes no lease and copies nothing, until a person accepts it", async () => {
  const { seen, ended } = waitingFor(5);
  await ended;
  assertEquals([seen.looks, seen.requestsWhileRestored, seen.requests > 0], [6, 0, true]);
});

Deno.test("while it waits for that, it ends with its node", async () => {
  const { seen, ended, stop } = waitingFor(Infinity);
  stop.abort();
  await ended;
  assertEquals(seen.requestsWhileRestored, 0);
});
