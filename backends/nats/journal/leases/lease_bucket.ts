/**
 * The keys of leases and of the nodes that are alive: a KV bucket whose keys expire when they are not renewed. They keep two
 * nodes from doing the same work; the epochs in the log keep them from doing harm.
 * @module
 */
import { headers } from "@nats-io/transport-deno";
import { leaseBucket, textOf as textOfToken, token } from "../../../../schema/nats.ts";
import type { LeaseKey } from "../../../mailbox/lease_store.ts";
import { WHOLE_PARTITION } from "../../../mailbox/lease_store.ts";
import { type NatsClient, parseAnswer } from "../../connection/client.ts";
import { readAllOf, type StreamMessage } from "../../stream/direct_get.ts";
import type { ServerClock } from "../../stream/server_clock.ts";

/** A key that has not expired. */
interface LivingKey {
  readonly value: string;
  readonly position: number;
  /** When it was written last, by the server's clock. */
  readonly writtenAt: number;
}

/** A lease that is held. */
export interface LeaseEntry extends LeaseKey, LivingKey {}

/** Everything in the bucket at one moment. */
export interface BucketContent {
  readonly leases: readonly LeaseEntry[];
  /** The names of the processors of each node that is alive. */
  readonly nodes: readonly { readonly node: string; readonly processors: readonly string[] }[];
  /** Where the last message of each lease's key is, also of one that is gone: a write has to expect it. */
  readonly lasts: ReadonlyMap<string, number>;
}

interface BucketOptions {
  readonly client: NatsClient;
  readonly stream: string;
  readonly leaseMs: number;
  readonly clock: Pick<ServerClock, "now">;
}

export class LeaseBucket {
  readonly #options: BucketOptions;
  readonly #bucket: string;

  constructor(options: BucketOptions) {
    this.#options = options;
    this.#bucket = leaseBucket(options.stream);
  }

  async read(): Promise<BucketContent> {
    const { client, clock, leaseMs } = this.#options;
    const found = await readAllOf(client, `KV_${this.#bucket}`, `$KV.${this.#bucket}.>`);
    const isAlive = ({ recordedAt, deleted }: StreamMessage) =>
      !deleted && clock.now() - recordedAt < leaseMs;
    const kindOf = ({ subject }: StreamMessage) => subject.split(".")[2];
    const leases = found.filter((each) => kindOf(each) === "lease");
    const nodes = found.filter((each) => kindOf(each) === "node" && isAlive(each));
    return {
      leases: leases.filter(isAlive).map(entryOf),
      nodes: nodes.map(({ payload }) => JSON.parse(payload)),
      lasts: new Map(leases.map(({ subject, position }) => [subject.slice(this.#prefixLength), position])),
    };
  }

  /** Writes a lease for this node; only over the message at that position, 0 for none. Throws Conflict. */
  writeLease(key: LeaseKey, node: string, expected: number): Promise<number> {
    return this.#put(leaseKeyText(key), node, expected);
  }

  /** Throws Conflict where another node has it. */
  async removeLease(key: LeaseKey, expected: number): Promise<void> {
    await this.#put(leaseKeyText(key), "", expected);
  }

  async writeNode(node: string, processors: readonly string[]): Promise<void> {
    await this.#put(`node.${token(node)}`, JSON.stringify({ node, processors }));
  }

  async removeNode(node: string): Promise<void> {
    await this.#put(`node.${token(node)}`, "");
  }

  get #prefixLength(): number {
    return `$KV.${this.#bucket}.`.length;
  }

  /** Writes a key; the empty text deletes it. */
  async #put(key: string, value: string, expected?: number): Promise<number> {
    const set = headers();
    if (expected !== undefined) set.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    if (value === "") set.set("KV-Operation", "DEL");
    const msg = await this.#options.client.request(`$KV.${this.#bucket}.${key}`, value, set);
    return parseAnswer<{ seq: number }>(msg).seq;
  }
}

/** The key of a lease in the bucket. */
export function leaseKeyText({ partition, scope }: LeaseKey): string {
  return scope === WHOLE_PARTITION ? `lease.${partition}` : `lease.${partition}.${token(scope)}`;
}

function entryOf({ subject, payload, position, recordedAt }: StreamMessage): LeaseEntry {
  const [, , , partition, scope] = subject.split(".");
  return {
    partition: Number(partition),
    scope: scope === undefined ? WHOLE_PARTITION : textOfToken(scope),
    value: payload,
    position,
    writtenAt: recordedAt,
  };
}
