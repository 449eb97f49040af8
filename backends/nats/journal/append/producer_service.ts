/**
 * Answers the requests of producers to append to one partition, as its owner. Who asks is who the subject says, which a permission
 * of NATS binds: on the bare subject, and under a name of the runtime's own, that is anyone. What comes is read and judged as at
 * every other way in; of metadata only the trace is taken.
 * @module
 */
import type { Msg } from "@nats-io/transport-deno";
import { InvalidEvent } from "../../../../schema/codec.ts";
import type { LogSubjects } from "../../../../schema/nats/log.ts";
import type { WireEvent } from "../../../../schema/events.ts";
import { readInput } from "../../../../schema/input.ts";
import { decodeText, parseJsonText } from "../../../../schema/json_text.ts";
import { partitionOf } from "../../../../schema/partition.ts";
import type { AppendResult } from "../../../event_store.ts";
import { readFromOutside } from "../../../producers.ts";
import type { Admission } from "../../authority/admission.ts";
import { producerOf } from "../../authority/producers.ts";
import { type PendingEvent, pendingEventOf } from "../../stream/message.ts";
import type { PartitionWriter } from "../partition/partition_writer.ts";
import type { PartitionAppend } from "./append_contribution.ts";
import { answerOf, type AppendAnswer, decodeAppend, encodeAnswer } from "./append_request.ts";
import type { RequestSource } from "./append_service.ts";

interface ProducerService {
  readonly source: RequestSource;
  readonly subjects: Pick<LogSubjects, "append" | "appendsBy">;
  readonly partitions: number;
  readonly owner: Pick<PartitionWriter, "append" | "partition">;
  readonly admission: Admission;
}

/** Serves requests until the function that it returns is called. */
export function serveProducers(service: ProducerService): () => void {
  const { source, subjects, owner: { partition } } = service;
  let isServed = true;
  const onMessage = (msg: Msg) => {
    const again = () => Promise.resolve(encodeAnswer({ kind: "again" }));
    void (isServed ? answer(service, msg) : again()).then((bytes) => void msg.respond(bytes));
  };
  const ends = [subjects.append(partition), subjects.appendsBy(partition)].map((subject) =>
    source.subscribe(subject, onMessage)
  );
  return () => {
    isServed = false;
    ends.forEach((end) => end());
  };
}

async function answer(service: ProducerService, { subject, data }: Msg): Promise<Uint8Array> {
  const { owner: { partition } } = service;
  const append = decodeAppend(data, partition);
  if (append === undefined) return encodeAnswer({ kind: "invalid" });
  return encodeAnswer(
    await store(service, subject, append).then(
      (result): AppendAnswer => ({ kind: "stored", result }),
      (error: unknown) => {
        const refused = answerOf(error);
        if (refused === undefined) throw error;
        return refused;
      },
    ),
  );
}

async function store(
  { admission, owner, partitions, subjects }: ProducerService,
  subject: string,
  { events, expected, checkOnly = false }: PartitionAppend,
): Promise<AppendResult> {
  const producer = producerOf(subject, subjects.append(owner.partition));
  const read = () => events.map((event) => inputOf(event, partitions));
  const inputs = await readFromOutside(read, () => Promise.resolve(admission), producer.name);
  return await admission.append(
    () => producer,
    producer.name,
    inputs,
    expected,
    (admitted, judgedOn) =>
      owner.append({
        events: admitted.map((event) => pendingEventOf(event, partitions)),
        expected,
        checkOnly,
        ...(judgedOn === undefined ? {} : { judgedOn }),
      }),
  );
}

/** The event as it is read from outside. Throws InvalidEvent. */
function inputOf({ partition, body }: PendingEvent, partitions: number): WireEvent {
  const [event_id, event_type, correlation_id, at, data, metadata] = decodeText(body).split("\t");
  const time = Number(at);
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15) {
    throw new InvalidEvent(["timestamp: must be a time"]);
  }
  const event = readInput({
    ...{ event_id, event_type, correlation_id },
    timestamp: new Date(time).toISOString(),
    data: parseJsonText(data!),
    metadata: parseJsonText(metadata!),
  });
  if (partitionOf(event.correlation_id, partitions) !== partition) {
    throw new InvalidEvent(["correlation_id: the case is of another partition"]);
  }
  return event;
}
