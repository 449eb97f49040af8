/**
 * The loop that a person would write by hand for one processor on JetStream, with the guarantees of a mailbox: contiguous
 * pulls from the checkpoint, an output each with what its case expects, and the checkpoint in the same atomic batch. It has
 * no workers, checks nothing, decides nothing and writes its input's data: what it makes is what this machine can do.
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { MAX_BATCH_MESSAGES, type Write, writeBatch } from "../../backends/nats/stream/atomic_publish.ts";
import type { NatsClient } from "../../backends/nats/connection/client.ts";
import { OrderedReader } from "../../backends/nats/stream/ordered_reader.ts";
import { retryWhileUnavailable } from "../../backends/primitives/retry.ts";

/** What the loop works on: the subjects of events begin with `prefix`. */
export interface LoopOptions {
  readonly client: NatsClient;
  readonly stream: string;
  readonly prefix: string;
  readonly partitions: number;
}

const never = new AbortController().signal;
/** What fits one atomic batch beside the checkpoint. */
const BATCH = MAX_BATCH_MESSAGES - 1;
const BATCH_BYTES = 4_000_000;

/** Takes every intake of a stream, partition by partition at the same time, and returns how many. */
export async function handWrittenLoop(options: LoopOptions): Promise<number> {
  const done = await Promise.all(
    Array.from({ length: options.partitions }, (_, partition) => partitionLoop(options, partition)),
  );
  return done.reduce((sum, count) => sum + count, 0);
}

async function partitionLoop({ client, stream, prefix }: LoopOptions, partition: number): Promise<number> {
  const feed = new OrderedReader({ client, stream, filters: [`${prefix}.${partition}.intake.*`], after: 0 });
  const subject = `${prefix}-run.loop.${partition}`;
  let [checkpointAt, done] = [0, 0];
  for (;;) {
    // In a cluster a new consumer is not known everywhere at once.
    await retryWhileUnavailable(() => feed.fill(BATCH, BATCH_BYTES), never);
    const batch = feed.rawMessages.slice(0, BATCH);
    if (batch.length === 0) break;
    const checkpoint: Write = {
      subject,
      payload: JSON.stringify({ checkpoint: batch.at(-1)!.position }),
      rollup: true,
      expect: { filter: subject, last: checkpointAt },
    };
    const outputs = batch.map(({ data, position }) => outputOf(data, position, prefix, partition));
    checkpointAt = await writeBatch(client, [checkpoint, ...outputs]);
    feed.dropUpTo(batch.at(-1)!.position);
    done += batch.length;
  }
  await feed.close();
  return done;
}

/** The next event of the case of an input, under an id that is derived from the input's. */
function outputOf(input: Uint8Array, position: number, prefix: string, partition: number): Write {
  const [version, eventId, , caseId, at, data, metadata] = Buffer.from(input).toString().split("\t");
  const id = createHash("sha256").update(`${eventId} loop`).digest("hex").slice(0, 32);
  const output = { ...JSON.parse(data!), position };
  return {
    subject: `${prefix}.${partition}.analysis.${caseId}`,
    payload: `${Number(version) + 1}\t${id}\tcase.analysis\t${caseId}\t${at}\t${
      JSON.stringify(output)
    }\t${metadata}`,
    expect: { filter: `${prefix}.${partition}.*.${caseId}`, last: position },
  };
}
