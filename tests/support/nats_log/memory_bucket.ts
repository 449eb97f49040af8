/** The bucket of leases in memory: keys with the expectations of JetStream, which expire when a test says so. @module */
import { Conflict } from "../../../backends/nats/connection/errors.ts";
import {
  type BucketContent,
  type LeaseBucket,
  leaseKeyText,
} from "../../../backends/nats/journal/leases/lease_bucket.ts";
import type { LeaseKey } from "../../../backends/mailbox/lease_store.ts";

interface Written {
  readonly key: LeaseKey;
  readonly value: string;
  readonly position: number;
}

export class MemoryBucket implements Pick<LeaseBucket, keyof LeaseBucket> {
  readonly #leases = new Map<string, Written>();
  readonly #nodes = new Map<string, readonly string[]>();
  #last = 0;
  /** What the next request throws, of any kind. */
  fault: Error | undefined;
  /** What the next write of a lease throws once it is written: its answer is lost. */
  answerFault: Error | undefined;

  /** As the server removes what is not renewed. */
  expire(): void {
    this.#leases.clear();
  }

  read(): Promise<BucketContent> {
    this.#fail();
    const leases = [...this.#leases.values()];
    return Promise.resolve({
      leases: leases.filter(({ value }) => value !== "")
        .map(({ key, value, position }) => ({ ...key, value, position, writtenAt: 0 })),
      nodes: [...this.#nodes].map(([node, processors]) => ({ node, processors })),
      lasts: new Map(leases.map(({ key, position }) => [leaseKeyText(key), position])),
    });
  }

  async writeLease(key: LeaseKey, node: string, expected: number): Promise<number> {
    const position = await this.#put(key, node, expected);
    const fault = this.answerFault;
    this.answerFault = undefined;
    if (fault !== undefined) throw fault;
    return position;
  }

  async removeLease(key: LeaseKey, expected: number): Promise<void> {
    await this.#put(key, "", expected);
  }

  writeNode(node: string, processors: readonly string[]): Promise<void> {
    this.#fail();
    this.#nodes.set(node, processors);
    return Promise.resolve();
  }

  removeNode(node: string): Promise<void> {
    this.#nodes.delete(node);
    return Promise.resolve();
  }

  #put(key: LeaseKey, value: string, expected: number): Promise<number> {
    this.#fail();
    const text = leaseKeyText(key);
    const found = this.#leases.get(text)?.position ?? 0;
    if (found !== expected) return Promise.reject(new Conflict(found));
    this.#leases.set(text, { key, value, position: ++this.#last });
    return Promise.resolve(this.#last);
  }

  #fail(): void {
    const { fault } = this;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
  }
}
