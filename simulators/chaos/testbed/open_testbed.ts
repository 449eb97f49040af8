/** Opens the testbed: a store, nodes behind proxies, a producer; and takes it all down again. @module */
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { Mailbox } from "../../../backends/mailbox/mailbox.ts";
import { createMemoryBackend } from "../../../backends/memory/memory_backend.ts";
import { FaultProxy } from "../../proxy/fault_proxy.ts";
import { NatsWire } from "../../proxy/nats_wire.ts";
import { PostgresWire } from "../../proxy/postgres_wire.ts";
import { Random } from "../../cases/random.ts";
import { type ChaosNode, NodeProcess } from "../node/node_process.ts";
import { steadyNow } from "../node/control_protocol.ts";
import { startMemoryNode } from "../node/memory_node.ts";
import { BATCH_BYTES, BATCH_SIZE, openStore, PARTITIONS } from "../node/open_store.ts";
import { Producer } from "./producer.ts";
import { Recorder } from "../../proof/recorder.ts";
import type { ChaosServer } from "./server.ts";
import type { Testbed } from "./testbed.ts";

interface TestbedOptions {
  readonly seed: string;
  readonly perSecond: number;
  readonly nodes: number;
  readonly guarded: boolean;
  readonly smallHeap: boolean;
  /** The path of the program that runs nodes. */
  readonly nodeEntry: string;
  /** None for memory. */
  readonly server: ChaosServer | undefined;
  /** Stands between the node and its store; in memory only. */
  readonly wrapStore?: ((store: Backend) => Backend) | undefined;
}

/** Mailboxes of a store. */
export const MAILBOXES = processors.length * PARTITIONS;
/** How long the rogue node tries to acquire leases. */
const THEFT_TIMEOUT_MS = 3_000;

/** An open testbed: nodes run, and the load has not begun. */
export interface RunningTestbed extends Testbed {
  stopNodes(): Promise<void>;
  tearDown(): Promise<void>;
}

export function openTestbed(plan: TestbedOptions): Promise<RunningTestbed> {
  return plan.server === undefined ? openInMemory(plan) : openOnServer(plan, plan.server);
}

async function openInMemory({ seed, perSecond, wrapStore }: TestbedOptions): Promise<RunningTestbed> {
  const bounds = { batchSize: BATCH_SIZE, batchBytes: BATCH_BYTES };
  const backend = createMemoryBackend({ partitions: PARTITIONS, ...bounds });
  const recorder = new Recorder();
  const node = await startMemoryNode(wrapStore?.(backend) ?? backend, "node-1", recorder);
  return {
    ...commonMembers(seed, backend, perSecond),
    recorder,
    nodes: [node],
    linkRules: [],
    server: undefined,
    storeUrl: undefined,
    storeName: undefined,
    nodeEntry: undefined,
    reader: backend,
    addNode: () => Promise.reject(new Error("In memory there is one node")),
    killNodes: () => Promise.reject(new Error("In memory there is one node")),
    reopen: () => Promise.reject(new Error("In memory the store is never lost")),
    stealLeases: () => Promise.reject(new Error("In memory there is one node")),
    stopNodes: () => node.stop(),
    tearDown: () => backend.close(),
  };
}

function commonMembers(seed: string, store: Backend, perSecond: number) {
  return { random: new Random(seed, "faults"), producer: new Producer(store, { seed, perSecond }) };
}

async function openOnServer(options: TestbedOptions, server: ChaosServer): Promise<RunningTestbed> {
  const processes = new TestbedProcesses(server, await server.freshStore(), options);
  try {
    const reader = await processes.open();
    const producerProxy = processes.addProxy();
    const store = await processes.open({ port: producerProxy.port, patient: false });
    for (let n = 1; n <= options.nodes; n++) await processes.addNode();
    const members = commonMembers(options.seed, store, options.perSecond);
    const testbed = Object.assign(processes, {
      ...members,
      ...{ reader, linkRules: [processes.nodes[0]!.proxy!.rules, producerProxy.rules] },
      reopen: async () => {
        await processes.closeBackends();
        testbed.reader = await processes.open();
        members.producer.use(await processes.open({ port: producerProxy.port, patient: false }));
      },
    });
    return testbed;
  } catch (error) {
    await processes.tearDown();
    throw error;
  }
}

/** The processes that use one store of a server. */
class TestbedProcesses {
  readonly recorder = new Recorder();
  readonly nodes: ChaosNode[] = [];
  readonly #proxies: FaultProxy[] = [];
  readonly #backends: Backend[] = [];
  readonly #kind: Pick<TestbedOptions, "guarded" | "smallHeap"> & { readonly entry: string };

  constructor(
    readonly server: ChaosServer,
    readonly storeName: string,
    { guarded, smallHeap, nodeEntry: entry }: TestbedOptions,
  ) {
    this.#kind = { guarded, smallHeap, entry };
  }

  get storeUrl(): string {
    return this.server.urlOf(this.storeName);
  }

  get nodeEntry(): string {
    return this.#kind.entry;
  }

  addProxy(): FaultProxy {
    const Wire = this.server.backend === "postgres" ? PostgresWire : NatsWire;
    const proxy = new FaultProxy(this.server.target, (filterOf) => new Wire(filterOf));
    this.#proxies.push(proxy);
    return proxy;
  }

  #plan(port?: number) {
    const { backend } = this.server;
    return { backend, url: this.server.urlOf(this.storeName, port), stream: this.storeName };
  }

  /** Opens the store: through a port of a proxy, or directly. */
  async open(
    { port, patient = true, node }: { port?: number; patient?: boolean; node?: string } = {},
  ): Promise<Backend> {
    const backend = await openStore({ ...this.#plan(port), patient, node });
    this.#backends.push(backend);
    return backend;
  }

  async addNode(node = `node-${this.nodes.length + 1}`): Promise<ChaosNode> {
    const proxy = this.addProxy();
    const plan = { ...this.#plan(proxy.port), node, ...this.#kind };
    const started = await NodeProcess.start(plan, proxy, this.recorder);
    this.nodes.push(started);
    return started;
  }

  async killNodes(): Promise<number> {
    const dead = this.nodes.splice(0);
    for (const node of dead) node.signal("SIGKILL");
    await Promise.all(dead.map((node) => node.stop()));
    return dead.length;
  }

  async closeBackends(): Promise<void> {
    await Promise.all(this.#backends.splice(0).map((backend) => backend.close()));
  }

  async stealLeases(node: string): Promise<number> {
    const rogue = await this.open({ node });
    const stop = new AbortController();
    const stolen: Mailbox[] = [];
    const taking = processors.map(async (processor) => {
      for await (const mailbox of rogue.mailboxes(processor, stop.signal)) {
        const { processor, partition, epoch } = mailbox;
        stolen.push(mailbox);
        const lease = { kind: "lease_acquired", processor, partition, epoch, at: steadyNow() } as const;
        this.recorder.receive({ node: "rogue", life: "rogue" }, lease);
      }
    });
    await this.recorder.waitUntil(() => stolen.length >= MAILBOXES, THEFT_TIMEOUT_MS);
    stop.abort();
    await Promise.all(taking);
    await Promise.all(stolen.map((mailbox) => mailbox.close()));
    await rogue.close();
    return stolen.length;
  }

  async stopNodes(): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((node) => node.stop()));
  }

  async tearDown(): Promise<void> {
    await this.stopNodes();
    for (const { rules } of this.#proxies) rules.restore();
    await this.closeBackends();
    for (const proxy of this.#proxies) await proxy[Symbol.asyncDispose]();
    await this.server.drop(this.storeName);
  }
}
