/** Opens the partitions of a store by the stream of its index. @module */
import { indexHasher } from "../../index/store/index_seed.ts";
import { indexName } from "../../../../schema/nats/index_stream.ts";
import { JetStreamIndexStore } from "../../index/store/jetstream_index_store.ts";
import type { KeyHasher } from "../../index/entry/key.ts";
import type { NatsClient } from "../../connection/client.ts";
import type { OpenedPartition } from "../partition/opened_partition.ts";
import type { PartitionLog } from "../partition/partition_log.ts";
import { openIndexed } from "./indexed_partition.ts";

interface OpenerOptions {
  readonly client: NatsClient;
  /** The name of the store. */
  readonly stream: string;
  readonly prefix: string;
}

export class PartitionOpener {
  readonly #options: OpenerOptions;
  #hasher: Promise<KeyHasher> | undefined;

  constructor(options: OpenerOptions) {
    this.#options = options;
  }

  /** Opens a partition; `writes` where the node is about to take it. Throws BackendUnavailable. */
  async open(log: PartitionLog, writes: boolean): Promise<OpenedPartition> {
    const { client, stream, prefix } = this.#options;
    const place = { client, stream: indexName(stream), prefix };
    this.#hasher ??= indexHasher(place);
    const hasher = await this.#hasher.catch((error) => {
      this.#hasher = undefined;
      throw error;
    });
    const store = new JetStreamIndexStore({ ...place, partition: log.partition });
    return await openIndexed({ log, store, hasher, writes });
  }
}
