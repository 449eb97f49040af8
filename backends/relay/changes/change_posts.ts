/**
 * Changes of tables to an HTTP endpoint, as CloudEvents with the attributes that Debezium gives them, in batches and in order. At
 * least once: the id of a change, which is always the same, tells its receiver what came before.
 * @module
 */
import type { CloudEvent } from "../../../schema/cloudevents/cloud_event.ts";
import { BackupError } from "../../backup/errors.ts";
import { formatLsn, type Lsn } from "../../backup/wal_position.ts";
import { delayOrAbort } from "../../primitives/concurrency.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { BATCH_EVENTS, type HttpEndpoint, postEvents } from "../http_post.ts";
import { TargetStopped, TargetUnavailable } from "../target.ts";
import { type ChangeLine, changesIn } from "./change_lines.ts";
import type { ChangeSink } from "./change_sink.ts";

interface ChangePostsOptions {
  readonly endpoint: HttpEndpoint;
  /** `topic.prefix`. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Told when the endpoint takes nothing now. */
  onNotice(line: string): void;
}

/** What a CloudEvent takes from Debezium's envelope. */
interface Envelope {
  readonly op: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly source: Readonly<Record<string, string | number | boolean | null>>;
}

export class ChangePosts implements ChangeSink {
  readonly #options: ChangePostsOptions;
  #waiting: CloudEvent[] = [];
  #commit: Lsn | undefined;
  /** Lines of the transaction, or of the snapshot, so far. */
  #line = 0;

  constructor(options: ChangePostsOptions) {
    this.#options = options;
  }

  open(): Promise<undefined> {
    this.#waiting = [];
    this.#commit = undefined;
    this.#line = 0;
    return Promise.resolve(undefined);
  }

  /** A tombstone is of Kafka: the deletion before it says the same. */
  async write(lines: string, commit?: Lsn): Promise<void> {
    if (commit !== this.#commit) this.#line = 0;
    this.#commit = commit;
    for (const change of changesIn(lines)) {
      this.#line++;
      if (change.value !== "") this.#waiting.push(this.#eventOf(change));
      if (this.#waiting.length === BATCH_EVENTS) await this.#send();
    }
  }

  async keep(): Promise<void> {
    await this.#send();
  }

  close(): void {}

  #eventOf({ topic, key, value, header }: ChangeLine): CloudEvent {
    const { name } = this.#options;
    if (header !== undefined) return outboxEvent({ name, key, value }, Object.fromEntries(header));
    const place = this.#commit === undefined ? "snapshot" : formatLsn(this.#commit);
    return changeEvent(JSON.parse(value), { name, topic, id: `${name}:${topic}:${place}:${this.#line}` });
  }

  /** Sends what waits, until the endpoint has it. Throws BackupError where it never will. */
  async #send(): Promise<void> {
    const { endpoint, signal, onNotice } = this.#options;
    const events = this.#waiting;
    this.#waiting = [];
    for (let tries = 0; events.length > 0; tries++) {
      try {
        const fault = await postEvents(endpoint, events);
        if (fault === undefined) return;
        throw new TargetStopped(`${fault} to changes from ${events[0]!.id} on`);
      } catch (error) {
        if (error instanceof TargetStopped) throw new BackupError("unusable", `It stops: ${error.message}`);
        if (!(error instanceof TargetUnavailable) || signal.aborted) throw error;
        onNotice(`${error.message}; trying again`);
        await delayOrAbort(error.retryAfterMs ?? retryDelayMs(tries), signal);
      }
    }
  }
}

/** An event of an outbox, under the id and the type that it has there. Pure. */
function outboxEvent(
  { name, key, value }: { readonly name: string; readonly key: string; readonly value: string },
  { id, type }: Readonly<Record<string, string>>,
): CloudEvent {
  return {
    ...{ specversion: "1.0", id: id!, source: `/debezium/postgresql/${name}`, type: type! },
    ...{ subject: String(JSON.parse(key)), datacontenttype: "application/json", data: JSON.parse(value) },
  };
}

/** A change as Debezium's converter for CloudEvents has it. Pure. */
function changeEvent(
  { op, before, after, source }: Envelope,
  { name, topic, id }: { readonly name: string; readonly topic: string; readonly id: string },
): CloudEvent {
  const { ts_ms: at, lsn, txId, ...rest } = source;
  return {
    ...{ specversion: "1.0", id, source: `/debezium/postgresql/${name}` },
    type: "io.debezium.connector.postgresql.DataChangeEvent",
    subject: topic,
    time: new Date(Number(at)).toISOString(),
    datacontenttype: "application/json",
    ...{ iodebeziumop: op, iodebeziumtsms: String(at), iodebeziumsnapshot: String(rest.snapshot) },
    ...{ iodebeziumdb: rest.db, iodebeziumschema: rest.schema, iodebeziumtable: rest.table },
    ...(lsn === null ? {} : { iodebeziumlsn: String(lsn), iodebeziumtxid: String(txId) }),
    data: { before, after },
  };
}
