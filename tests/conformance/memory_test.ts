import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { MemoryStore } from "../../backends/memory/memory_store.ts";
import type { Backend } from "../../backends/backend.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { Harness, NodeOptions } from "./harness.ts";
import { conformance } from "./suite.ts";

const LEASE_MS = 600;

function openMemory(): Promise<Harness> {
  const clock = new ManualClock();
  const shared = new MemoryStore({ partitions: 4, clock });
  const nodes: Backend[] = [];
  return Promise.resolve({
    leaseMs: LEASE_MS,
    backend(owner?: string, { renews = true, ...limits }: NodeOptions = {}) {
      const renewing = renews ? {} : { renewMs: Infinity };
      const named = owner === undefined ? {} : { owner };
      nodes.push(createMemoryBackend({ shared, leaseMs: LEASE_MS, ...named, ...renewing, ...limits }));
      return Promise.resolve(nodes.at(-1)!);
    },
    advance: (ms: number) => clock.advance(ms),
    failNextDeadLetterWrite() {
      shared.faults.deadLetterWrite = () => {
        delete shared.faults.deadLetterWrite;
        throw new Error("No space left for the dead letter");
      };
    },
    close: async () => void await Promise.all(nodes.map((node) => node.close())),
  });
}

conformance("memory", openMemory, ["failNextDeadLetterWrite"]);
