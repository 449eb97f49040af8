/** The testbed: everything a fault can strike. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { LinkRules } from "../../proxy/link.ts";
import type { Random } from "../../cases/random.ts";
import type { ChaosNode } from "../node/node_process.ts";
import type { Producer } from "./producer.ts";
import type { Recorder } from "../../proof/recorder.ts";
import type { ChaosServer } from "./server.ts";

export type BackendName = "postgres" | "nats" | "memory";

export interface Testbed {
  readonly random: Random;
  /** The nodes that run, the usual victim first. */
  readonly nodes: readonly ChaosNode[];
  /** Between the victim and the backend, and between the producer and the backend; none in memory. */
  readonly linkRules: readonly LinkRules[];
  readonly producer: Producer;
  /** The store, past all proxies. */
  readonly reader: Backend;
  readonly recorder: Recorder;
  /** None in memory. */
  readonly server: ChaosServer | undefined;
  /** Its URL, past all proxies. */
  readonly storeUrl: string | undefined;
  /** Its name: of a database, or of a stream. */
  readonly storeName: string | undefined;
  /** The path of the program that runs its processes; none in memory. */
  readonly nodeEntry: string | undefined;
  /** Starts one more node, under a name of its own or that of another. */
  addNode(name?: string): Promise<ChaosNode>;
  /** Kills every node with its server, and removes them; returns how many there were. */
  killNodes(): Promise<number>;
  /** Opens the store anew for its reader and its producer: it is another one now. */
  reopen(): Promise<void>;
  /** Takes every lease of a node under its own name; returns how many, and gives them back. */
  stealLeases(name: string): Promise<number>;
}
