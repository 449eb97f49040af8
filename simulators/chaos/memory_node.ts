/** A node in this process, for the memory backend: its workers are real, and there is nothing else to strike. @module */
import type { Backend } from "../../backends/backend.ts";
import type { ChaosNode } from "./chaos_node.ts";
import { type Order, steadyNow } from "./control.ts";
import { NodeCore } from "./node_core.ts";
import { keepWorkers } from "./kept_workers.ts";
import type { Recorder } from "./recorder.ts";

const never = () => {
  throw new Error("A node in memory has no process of its own");
};

export async function startMemoryNode(
  backend: Backend,
  name: string,
  recorder: Recorder,
): Promise<ChaosNode> {
  const life = { node: name, life: crypto.randomUUID() };
  const { workers, giveBack } = keepWorkers();
  const core = new NodeCore(backend, (report) => Promise.resolve(recorder.take(life, report)), workers);
  recorder.tell({ ...life, what: "node_start", at: steadyNow(), ids: {} });
  await core.supervisor.start();
  core.supervisor.ended().catch((error) => recorder.crashes.push(`${name}: ${error}`));
  return {
    name,
    proxy: undefined,
    order: (order: Order) => Promise.resolve(core.obey(order)),
    signal: never,
    killGuardian: never,
    nextLife: () => Promise.resolve(),
    async stop() {
      await core.stop();
      giveBack();
    },
  };
}
