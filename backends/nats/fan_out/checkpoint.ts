/** Reads where the fan-out is: from the last message of its stream, or the durable copy in the stream of the index. @module */
import { headers } from "@nats-io/transport-deno";
import { indexName, IndexSubjects } from "../../../schema/nats/index_stream.ts";
import { eventsName } from "../../../schema/nats/events_stream.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { isNotFound } from "../connection/errors.ts";
import { ID_HEADER, POSITION_HEADER } from "./event_message.ts";
import { type Place, type PlaceCopy, type Resumption, resumptionOf } from "./place.ts";

/** A message of ours, and which event it says it is. */
interface CopiedMessage extends Place {
  readonly eventId: string;
}

export interface FoundCheckpoint {
  /** The last sequence that the stream gave. */
  readonly last: number;
  readonly resumption: Resumption | undefined;
  /** The message it rests on, if it rests on one. */
  readonly message: CopiedMessage | undefined;
  readonly copy: PlaceCopy | undefined;
}

/** How far back a message of ours is looked for: others may have written, and messages may have been removed. */
const MESSAGES_TRIED = 100;

export class CheckpointStore {
  readonly #client: Pick<NatsClient, "manage" | "request">;
  readonly #events: string;
  readonly #index: string;
  readonly #copySubject: string;

  constructor(client: Pick<NatsClient, "manage" | "request">, stream: string, prefix: string) {
    this.#client = client;
    this.#events = eventsName(stream);
    this.#index = indexName(stream);
    this.#copySubject = new IndexSubjects(prefix).fanOut();
  }

  /** Undefined where there is no stream of the fan-out. */
  async find(isLogEmpty: boolean): Promise<FoundCheckpoint | undefined> {
    const state = await this.#state();
    if (state === undefined) return undefined;
    const copy = await this.readCopy();
    const isCurrent = copy?.sequence === state.last_seq;
    const behindCopy = copy !== undefined && copy.sequence < state.last_seq ? copy.sequence + 1 : 1;
    const latest = isCurrent
      ? NOTHING
      : await this.#findLast(state.last_seq, Math.max(state.first_seq, behindCopy));
    const { message, foreign } = latest;
    const resumption = resumptionOf({ last: state.last_seq, message, foreign, copy, isLogEmpty });
    return { last: state.last_seq, resumption, copy, message };
  }

  async #state() {
    try {
      return (await this.#client.manage(({ streams }) => streams.info(this.#events))).state;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #findLast(last: number, first: number): Promise<LatestMessage> {
    let foreign = 0;
    const end = Math.max(first, last - MESSAGES_TRIED + 1);
    for (let sequence = last; sequence >= end; sequence--) {
      const found = await this.#message(sequence);
      if (found === undefined) continue;
      if (found !== "foreign") return { message: found, foreign };
      foreign++;
    }
    return { message: undefined, foreign };
  }

  async #message(sequence: number): Promise<CopiedMessage | "foreign" | undefined> {
    try {
      const found = await this.#client.manage(({ streams }) =>
        streams.getMessage(this.#events, { seq: sequence })
      );
      if (found === null) return undefined;
      const position = Number(found.header.get(POSITION_HEADER) || NaN);
      if (!Number.isSafeInteger(position)) return "foreign";
      return { position, sequence, eventId: found.header.get(ID_HEADER) };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async readCopy(): Promise<PlaceCopy | undefined> {
    try {
      const query = { last_by_subj: this.#copySubject };
      const found = await this.#client.manage(({ streams }) => streams.getMessage(this.#index, query));
      return found === null ? undefined : parseCopy(found.string());
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async writeCopy(copy: PlaceCopy): Promise<void> {
    const set = headers();
    set.set("Nats-Rollup", "sub");
    parseAnswer(await this.#client.request(this.#copySubject, JSON.stringify(copy), set));
  }
}

interface LatestMessage {
  readonly message: CopiedMessage | undefined;
  readonly foreign: number;
}

const NOTHING: LatestMessage = { message: undefined, foreign: 0 };

/** What is no copy counts as none. */
function parseCopy(text: string): PlaceCopy | undefined {
  try {
    const { position, sequence, types } = JSON.parse(text) as PlaceCopy;
    const isList = types === undefined || Array.isArray(types);
    const isWhole = Number.isSafeInteger(position) && Number.isSafeInteger(sequence) && isList;
    return isWhole ? { position, sequence, types } : undefined;
  } catch {
    return undefined;
  }
}
