/** A node in this process, for the memory backend: its workers are real, and there is nothing else to strike. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { ChaosNode } from "./node_process.ts";
import { type Order, steadyNow } from "./control_protocol.ts";
import { ChaosRuntime } from "./chaos_runtime.ts";
import { trackWorkers } from "./worker_registry.ts";
import type { Recorder } from "../../proof/recorder.ts";

const unsupported = () => {
  throw new Error("A node in memory has no process of its own");
};

export async function startMemoryNode(
  backend: Backend,
  name: string,
  recorder: Recorder,
): Promise<ChaosNode> {
  const life = { node: name, life: crypto.randomUUID() };
  const { workers, restore } = trackWorkers();
  const runtime = new ChaosRuntime(
    backend,
    (report) => Promise.resolve(recorder.receive(life, report)),
    workers,
  );
  recorder.record({ ...life, what: "node_start", at: steadyNow(), ids: {} });
  await runtime.supervisor.start();
  runtime.supervisor.ended().catch((error) => recorder.crashes.push(`${name}: ${error}`));
  return {
    name,
    proxy: undefined,
    statusUrl: undefined,
    peakMemoryMb: () => Promise.resolve(undefined),
    order: (order: Order) => Promise.resolve(runtime.execute(order)),
    signal: unsupported,
    killGuardian: unsupported,
    nextStart: () => Promise.resolve(),
    async stop() {
      await runtime.stop();
      restore();
    },
  };
}
