/**
 * The chain of hashes over the log on JetStream: every record is a block, and its link is stored with it. So nothing is ever in no
 * block yet.
 * @module
 */
import type { HashChain } from "../../../chain/hash_chain.ts";
import type { KeptHead, PartitionReport } from "../../../chain/report.ts";
import type { NatsClient } from "../../connection/client.ts";
import { type MessageBytes, positionOfNext, readSubjectBytes } from "../../stream/direct_get.ts";
import { pauseForReplica } from "../../stream/replica_reads.ts";
import { verifyRecords } from "./verify_records.ts";

export class RecordChain implements HashChain {
  readonly isContinuous = true;

  constructor(
    readonly client: NatsClient,
    readonly stream: string,
    readonly subjectOf: (partition: number) => string,
  ) {}

  closeBlocks(): Promise<void> {
    return Promise.resolve();
  }

  verify(partition: number, kept?: KeptHead): Promise<PartitionReport> {
    return verifyRecords(this.#messages(partition), partition, kept);
  }

  /** All that the server which takes the writes has: the replica that is read from may be behind. */
  async *#messages(partition: number): AsyncGenerator<MessageBytes> {
    const { client, stream } = this;
    const subject = this.subjectOf(partition);
    for (let next = 1, idle = 0;; idle++) {
      for await (const message of readSubjectBytes(client, stream, subject, next)) {
        yield message;
        [next, idle] = [message.position + 1, 0];
      }
      if (await positionOfNext(client, stream, subject, next) === undefined) return;
      await pauseForReplica(idle);
    }
  }
}
