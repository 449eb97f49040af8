/** Answers the requests of nodes to append to one partition, as its owner. @module */
import type { Msg } from "@nats-io/transport-deno";
import { partitionOf } from "../../../../schema/partition.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import { answerOf, type AppendAnswer, decodeAppend, encodeAnswer } from "./append_request.ts";

/** By which requests come. */
export interface RequestSource {
  /** What is under way when it is ended still comes. */
  subscribe(subject: string, onMessage: (msg: Msg) => void): () => void;
}

interface ServiceOptions {
  readonly source: RequestSource;
  /** The requests of nodes to this partition, which have judged what they ask for. */
  readonly subject: string;
  readonly partitions: number;
  readonly owner: Pick<PartitionWriter, "append" | "partition">;
}

/**
 * Serves requests until the function that it returns is called. No queue group: for a moment two nodes may get a request, of
 * which one has been fenced and says to ask again. What is asked twice is stored once.
 */
export function serveAppends(options: ServiceOptions): () => void {
  const { source, subject } = options;
  let isServed = true;
  const unsubscribe = source.subscribe(subject, (msg) => {
    const answered = isServed ? answer(options, msg.data) : Promise.resolve(encodeAnswer({ kind: "again" }));
    void answered.then((bytes) => void msg.respond(bytes));
  });
  return () => {
    isServed = false;
    unsubscribe();
  };
}

/** The answer to a request. Throws where there is none to be given. */
async function answer({ owner, partitions }: ServiceOptions, request: Uint8Array): Promise<Uint8Array> {
  const append = decodeAppend(request, owner.partition);
  const isOurs = append?.events.every(({ caseId }) => partitionOf(caseId, partitions) === owner.partition);
  if (append === undefined || !isOurs) return encodeAnswer({ kind: "invalid" });
  const outcome = await owner.append(append).then(
    (result): AppendAnswer => ({ kind: "stored", result }),
    (error: unknown) => {
      const refused = answerOf(error);
      if (refused === undefined) throw error;
      return refused;
    },
  );
  return encodeAnswer(outcome);
}
