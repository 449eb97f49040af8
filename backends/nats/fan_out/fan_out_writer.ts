/** One turn of writer: from a known place on, the events of the log as messages, each behind the one before it. @module */
import { LogSubjects } from "../../../schema/nats/log.ts";
import { EventSubjects } from "../../../schema/nats/events_stream.ts";
import { FanOutHeld, type FanOutOptions } from "../../fan_out.ts";
import type { NatsClient } from "../connection/client.ts";
import { storedEventOf } from "../journal/reads/read_events.ts";
import { decodeRecord } from "../journal/record/decode_record.ts";
import { eventPosition, MAX_RECORD_EVENTS, recordSequenceOf } from "../journal/record/record.ts";
import { publishChain } from "../stream/chained_publish.ts";
import { readSubjectBytes } from "../stream/direct_get.ts";
import { AHEAD } from "./resumption_check.ts";
import { type EventMessage, eventMessageOf } from "./event_message.ts";
import type { Place, Resumption } from "./place.ts";

interface WriterContext extends Pick<FanOutOptions, "withhold"> {
  readonly client: NatsClient;
  /** The name of the log's stream. */
  readonly log: string;
  readonly prefix: string;
  readonly source: string;
  /** The types that are copied; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** The subjects that the stream takes, each with `*` for the partition. */
  readonly taken: ReadonlySet<string>;
}

/** Messages that are published at once. */
const AT_ONCE = 500;
const BYTES_AT_ONCE = 2_000_000;
const LAST_INDEX = MAX_RECORD_EVENTS - 1;

interface PlacedMessage extends EventMessage {
  readonly position: number;
}

type TypeFilter = (type: string) => boolean;

function filterOf(types: readonly string[] | undefined): TypeFilter {
  if (types === undefined) return () => true;
  const wanted = new Set(types);
  return (type) => wanted.has(type);
}

export class FanOutWriter {
  readonly #context: WriterContext;
  readonly #records: string;
  readonly #subjects: LogSubjects;
  readonly #events: EventSubjects;
  #place: Place;
  readonly #types: TypeFilter;
  /** Events that were copied already, by the types of before. */
  readonly #skip: { readonly types: TypeFilter; left: number };
  #waiting: PlacedMessage[] = [];
  #waitingBytes = 0;

  constructor(context: WriterContext, { skip, types, ...place }: Resumption) {
    this.#context = context;
    this.#subjects = new LogSubjects(context.prefix);
    this.#events = new EventSubjects(context.prefix);
    this.#records = this.#subjects.records();
    this.#place = place;
    this.#types = filterOf(context.types);
    this.#skip = { types: filterOf(types), left: skip };
  }

  /** Up to where everything was copied. */
  get place(): Place {
    return this.#place;
  }

  /** True once what was copied before is behind it. */
  get isPlaced(): boolean {
    return this.#skip.left === 0;
  }

  /**
   * Copies what the log has, and stops early where `goOn` says so, which is asked after each publication. Throws Conflict where
   * another one copies, and FanOutHeld for what can't be copied.
   */
  async copy(goOn: () => Promise<boolean>): Promise<void> {
    this.#waiting = [];
    this.#waitingBytes = 0;
    const { client, log } = this.#context;
    const first = Math.max(1, recordSequenceOf(this.#place.position + 1));
    const records = readSubjectBytes(client, log, this.#records, first);
    let seen = this.#place.position;
    for await (const { position: sequence, subject, data } of records) {
      for (const message of this.#messagesOf(sequence, subject, data)) {
        this.#waiting.push(message);
        this.#waitingBytes += message.payload.length;
        if (this.#waiting.length < AT_ONCE && this.#waitingBytes < BYTES_AT_ONCE) continue;
        await this.#publish();
        if (!await goOn()) return;
      }
      seen = eventPosition(sequence, LAST_INDEX);
    }
    await this.#publish();
    if (!this.isPlaced) throw new FanOutHeld(AHEAD);
    this.#place = { ...this.#place, position: seen };
  }

  *#messagesOf(sequence: number, subject: string, data: Uint8Array): Generator<PlacedMessage> {
    const record = decodeRecord(data);
    if (record.kind === "malformed") return;
    const partition = this.#subjects.partitionIn(subject);
    const { recordedAt } = record.head;
    for (const event of record.events) {
      const position = eventPosition(sequence, event.index);
      if (position <= this.#place.position || !this.#isWanted(event.type)) continue;
      const stored = storedEventOf({ position, recordedAt, event });
      yield { ...eventMessageOf(this.#messageContext, stored, partition), position };
    }
  }

  get #messageContext() {
    const { client: { maxPayload }, source, withhold } = this.#context;
    return { subjects: this.#events, maxPayload, source, withhold };
  }

  #isWanted(type: string): boolean {
    if (this.#skip.left > 0) {
      if (this.#skip.types(type)) this.#skip.left--;
      return false;
    }
    if (!this.#types(type)) return false;
    if (this.#context.taken.has(this.#events.of(type, "*"))) return true;
    throw new FanOutHeld(`The fan-out has no subject for ${type}: run setup --apply with this program`);
  }

  async #publish(): Promise<void> {
    const last = this.#waiting.at(-1);
    if (last === undefined) return;
    const sequence = await publishChain(this.#context.client, this.#waiting, this.#place.sequence);
    this.#place = { position: last.position, sequence };
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
