/** Setting the stage: a store, nodes behind proxies, a producer; and taking it all down again. @module */
import { processors } from "../../actors/processors/all.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox } from "../../backends/mailbox.ts";
import { createMemoryBackend } from "../../backends/memory/memory_backend.ts";
import { type Conduct, FaultProxy } from "../proxy/fault_proxy.ts";
import { NatsWire } from "../proxy/nats_wire.ts";
import { PostgresWire } from "../proxy/postgres_wire.ts";
import type { TamperOf } from "../proxy/wire.ts";
import { Random } from "../random.ts";
import { type ChaosNode, NodeProcess } from "./chaos_node.ts";
import { steadyNow } from "./control.ts";
import { startMemoryNode } from "./memory_node.ts";
import { BATCH_BYTES, BATCH_SIZE, openStore, PARTITIONS } from "./open_store.ts";
import { Producer } from "./producer.ts";
import { Recorder } from "./recorder.ts";
import type { ChaosServer } from "./servers/server.ts";
import type { BackendName, Stage } from "./stage.ts";

interface StagePlan {
  readonly seed: string;
  readonly perSecond: number;
  readonly nodes: number;
  readonly guarded: boolean;
  readonly smallHeap: boolean;
  /** None for memory. */
  readonly server: ChaosServer | undefined;
}

/** Mailboxes of a store. */
export const MAILBOXES = processors.length * PARTITIONS;
/** A thief that has waited so long has what there is to be had, in milliseconds. */
const THEFT_MS = 3_000;

/** A stage that is set: nodes run, and the load has not begun. */
export interface SetStage extends Stage {
  /** Reads the store, past all proxies. */
  readonly reader: Backend;
  stopNodes(): Promise<void>;
  takeDown(): Promise<void>;
}

export function setStage(plan: StagePlan): Promise<SetStage> {
  return plan.server === undefined ? setInMemory(plan) : setOnServer(plan, plan.server);
}

/** `between` stands between the node and the store. */
export async function setInMemory(
  { seed, perSecond }: Pick<StagePlan, "seed" | "perSecond">,
  between: (backend: Backend) => Backend = (backend) => backend,
): Promise<SetStage> {
  const bounds = { batchSize: BATCH_SIZE, batchBytes: BATCH_BYTES };
  const backend = createMemoryBackend({ partitions: PARTITIONS, ...bounds });
  const recorder = new Recorder();
  const node = await startMemoryNode(between(backend), "node-1", recorder);
  return {
    ...partsOf("memory", seed, backend, perSecond, recorder),
    nodes: [node],
    conducts: [],
    server: undefined,
    storeUrl: undefined,
    reader: backend,
    addNode: () => Promise.reject(new Error("In memory there is one node")),
    stealLeases: () => Promise.reject(new Error("In memory there is one node")),
    stopNodes: () => node.stop(),
    takeDown: () => backend.close(),
  };
}

function partsOf(backend: BackendName, seed: string, store: Backend, perSecond: number, recorder: Recorder) {
  const producer = new Producer(store, { seed, perSecond });
  return { backend, random: new Random(seed, "faults"), producer, recorder };
}

async function setOnServer({ seed, perSecond, nodes, ...kind }: StagePlan, server: ChaosServer) {
  const crew = new Crew(server, await server.freshStore(), kind);
  try {
    const reader = await crew.open();
    const store = await crew.openBehind(crew.proxy());
    for (let n = 1; n <= nodes; n++) await crew.addNode(`node-${n}`);
    return {
      ...partsOf(server.backend, seed, store, perSecond, crew.recorder),
      nodes: crew.nodes,
      conducts: [crew.nodes[0]!.proxy!.conduct, crew.proxies[0]!.conduct] as readonly Conduct[],
      server,
      storeUrl: crew.url,
      reader,
      addNode: (name = `node-${crew.nodes.length + 1}`) => crew.addNode(name),
      stealLeases: (name: string) => crew.stealLeases(name),
      stopNodes: () => crew.stopNodes(),
      takeDown: () => crew.takeDown(),
    };
  } catch (error) {
    await crew.takeDown();
    throw error;
  }
}

/** Everybody who uses one store of a server. */
class Crew {
  readonly recorder = new Recorder();
  readonly nodes: ChaosNode[] = [];
  readonly proxies: FaultProxy[] = [];
  readonly #backends: Backend[] = [];
  readonly #server: ChaosServer;
  readonly #store: string;
  readonly #kind: Pick<StagePlan, "guarded" | "smallHeap">;

  constructor(server: ChaosServer, store: string, kind: Pick<StagePlan, "guarded" | "smallHeap">) {
    this.#server = server;
    this.#store = store;
    this.#kind = { guarded: kind.guarded, smallHeap: kind.smallHeap };
  }

  proxy(): FaultProxy {
    const isPostgres = this.#server.backend === "postgres";
    const wireOf = (tamperOf: TamperOf) => isPostgres ? new PostgresWire(tamperOf) : new NatsWire(tamperOf);
    const proxy = new FaultProxy(this.#server.target, wireOf);
    this.proxies.push(proxy);
    return proxy;
  }

  get url(): string {
    return this.#server.urlOf(this.#store);
  }

  #plan(port?: number) {
    const url = this.#server.urlOf(this.#store, port);
    return { backend: this.#server.backend, url, stream: this.#store };
  }

  async open(node?: string): Promise<Backend> {
    const backend = await openStore({
      ...this.#plan(),
      patient: true,
      ...(node === undefined ? {} : { node }),
    });
    this.#backends.push(backend);
    return backend;
  }

  async openBehind({ port }: FaultProxy): Promise<Backend> {
    const backend = await openStore(this.#plan(port));
    this.#backends.push(backend);
    return backend;
  }

  async addNode(node: string): Promise<ChaosNode> {
    const proxy = this.proxy();
    const plan = { ...this.#plan(proxy.port), node, ...this.#kind };
    const started = await NodeProcess.start(plan, proxy, this.recorder);
    this.nodes.push(started);
    return started;
  }

  async stealLeases(node: string): Promise<number> {
    const thief = await this.open(node);
    const stop = new AbortController();
    const taken: Mailbox[] = [];
    const taking = processors.map(async (processor) => {
      for await (const mailbox of thief.mailboxes(processor, stop.signal)) {
        const { processor, partition, epoch } = mailbox;
        taken.push(mailbox);
        const won = { kind: "won", processor, partition, epoch, at: steadyNow() } as const;
        this.recorder.take({ node: "thief", life: "thief" }, won);
      }
    });
    await this.recorder.until(() => taken.length >= MAILBOXES, THEFT_MS);
    stop.abort();
    await Promise.all(taking);
    await Promise.all(taken.map((mailbox) => mailbox.close()));
    await thief.close();
    return taken.length;
  }

  async stopNodes(): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((node) => node.stop()));
  }

  async takeDown(): Promise<void> {
    await this.stopNodes();
    for (const { conduct } of this.proxies) conduct.mend();
    await Promise.all(this.#backends.map((backend) => backend.close()));
    for (const proxy of this.proxies) await proxy[Symbol.asyncDispose]();
    await this.#server.drop(this.#store);
  }
}
