/**
 * A stream of its own on JetStream: one event a message on exactly `cases.<type>`, exactly once. The stream itself says how far it
 * is: each message has the place behind it, and each is written under the last sequence before it, so of two writers one fails,
 * and what was written without an answer is found when the stream is read again.
 * @module
 */
import { headers, type MsgHdrs } from "@nats-io/transport-deno";
import { binaryHeaders, STRUCTURED } from "../../../schema/cloudevents/bindings.ts";
import { storeStream, type StreamSettings } from "../../../schema/nats.ts";
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import { type FeedPlace, placeText, readPlace } from "../../log_feed.ts";
import type { RelayRecord } from "../../relay/relay_store.ts";
import {
  type OpenedTarget,
  type OutgoingEvent,
  type RefusedEvent,
  type RelayTarget,
  type SendResult,
  TargetStopped,
  TargetUnavailable,
} from "../../relay/target.ts";
import { NatsClient, parseAnswer } from "../connection/client.ts";
import { Conflict, EventTooLarge, isNotFound } from "../connection/errors.ts";
import type { NatsCredentials } from "../connection/credentials.ts";

interface StreamTargetOptions {
  readonly url: string;
  readonly credentials?: NatsCredentials | undefined;
  /** The stream, which is made where there is none. */
  readonly stream: string;
  /** Of the subjects: `cases`. */
  readonly prefix: string;
  readonly types: readonly string[];
  /** Headers that say what the event is, or all of it in the body. */
  readonly mode: "binary" | "structured";
  /** The store and its relay, which tell this writer from others. */
  readonly writer: string;
  readonly partitions: number;
  readonly replicas?: number | undefined;
}

const WRITER = "Zaakstroom-Relay";
const PLACE = "Zaakstroom-Place";

/** `cases.intake` for `case.intake`. */
function subjectOf(prefix: string, type: string): string {
  return `${prefix}.${type.replace(/^case\./, "")}`;
}

export class StreamTarget implements RelayTarget {
  readonly #options: StreamTargetOptions;
  #client: NatsClient | undefined;
  #sequence = 0;

  constructor(options: StreamTargetOptions) {
    this.#options = options;
  }

  async open({ place, progress }: Pick<RelayRecord, "place" | "progress">): Promise<OpenedTarget> {
    this.#client ??= await asTarget(() => NatsClient.open(this.#options));
    return await asTarget(async () => {
      await this.#ensureStream();
      const last = await this.#readLast();
      this.#sequence = last?.sequence ?? 0;
      // Messages that the server lost with its power are sent again, from the last that it has.
      if ((progress?.sequence ?? 0) > this.#sequence) return await this.#behindLoss(last?.place, place);
      return { place: last?.place };
    });
  }

  async send(events: readonly OutgoingEvent[]): Promise<SendResult> {
    const refused: RefusedEvent[] = [];
    const fitting = events.filter((event) => this.#fits(event) || !refused.push(tooLarge(event)));
    await asTarget(() => Promise.all(fitting.map((event, i) => this.#publish(event, this.#sequence + i))));
    this.#sequence += fitting.length;
    return { refused, progress: { sequence: this.#sequence } };
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close().catch(() => {});
  }

  /** Messages go out in this order: when one is not stored, none behind it is. */
  async #publish(event: OutgoingEvent, expected: number): Promise<void> {
    const { prefix, mode } = this.#options;
    const set = this.#headersOf(event, expected);
    const body = mode === "binary" ? event.shown.data : event.shown;
    const subject = subjectOf(prefix, event.stored.event.event_type);
    parseAnswer(await this.#client!.request(subject, JSON.stringify(body), set));
  }

  #headersOf({ shown, place }: OutgoingEvent, expected: number): MsgHdrs {
    const { mode, writer } = this.#options;
    const set = headers();
    set.set("Nats-Expected-Last-Sequence", String(expected));
    set.set(WRITER, writer);
    set.set(PLACE, placeText(place));
    const described = mode === "binary" ? binaryHeaders(shown) : [["content-type", STRUCTURED] as const];
    for (const [name, value] of described) set.set(name, value);
    return set;
  }

  /** Half of what the server takes is room enough for the headers. */
  #fits({ shown }: OutgoingEvent): boolean {
    return new TextEncoder().encode(JSON.stringify(shown)).length * 2 <= this.#client!.maxPayload;
  }

  async #readLast(): Promise<{ readonly sequence: number; readonly place: FeedPlace } | undefined> {
    const { stream, writer, partitions } = this.#options;
    const { state } = await this.#client!.manage(({ streams }) => streams.info(stream));
    if (state.last_seq === 0) return undefined;
    const message = await this.#client!.manage(({ streams }) =>
      streams.getMessage(stream, { seq: state.last_seq })
    );
    const place = readPlace(message?.header.get(PLACE) ?? "", partitions);
    if (message?.header.get(WRITER) !== writer || place === undefined) {
      throw new TargetStopped(
        `the stream ${stream} is written by another one: name one of its own with --stream`,
      );
    }
    return { sequence: state.last_seq, place };
  }

  /** Throws where the place of the record would pass over what was lost. */
  #behindLoss(last: FeedPlace | undefined, place: FeedPlace): Promise<never> {
    const where = last === undefined ? "its first message" : `place ${placeText(last)}`;
    throw new TargetStopped(
      `the stream has lost messages behind ${where}, and was acknowledged up to place ${
        placeText(place)
      }: rewind it`,
    );
  }

  async #ensureStream(): Promise<void> {
    const { stream } = this.#options;
    try {
      await this.#client!.manage(({ streams }) => streams.info(stream));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await this.#requireFreeSubjects();
      await this.#client!.manage(({ streams }) => streams.add(this.#settings()));
    }
  }

  /** A store whose fan-out republishes its events there, or a stream that has these subjects, would mix two logs. */
  async #requireFreeSubjects(): Promise<void> {
    const { prefix } = this.#options;
    const { subjects } = this.#settings();
    const found = await this.#client!.manage(({ streams }) => Array.fromAsync(streams.list()));
    for (const { config: { name, subjects: taken = [], republish } } of found) {
      const isRepublished = republish?.dest.startsWith(`${prefix}.`) ?? false;
      if (!isRepublished && !taken.some((each) => subjects.includes(each) || each === `${prefix}.>`)) {
        continue;
      }
      throw new TargetStopped(`the stream ${name} has events on ${prefix}.*: take another --prefix`);
    }
  }

  #settings(): StreamSettings {
    const { stream, prefix, types, replicas = 1 } = this.#options;
    return {
      ...storeStream({ stream, prefix, partitions: 1, replicas }),
      subjects: types.map((type) => subjectOf(prefix, type)),
      allow_rollup_hdrs: false,
      metadata: {},
    };
  }
}

function tooLarge(event: OutgoingEvent): RefusedEvent {
  return { event, reason: "it is too large for the server" };
}

/** Errors of NATS as a target has them. Another writer came first: what the stream has is read again. */
export async function asTarget<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Conflict) {
      throw new TargetUnavailable("the stream has messages that were not answered");
    }
    if (error instanceof EventTooLarge) throw new TargetStopped(error.message);
    if (error instanceof BackendUnavailable) throw new TargetUnavailable(error.message, { cause: error });
    if (error instanceof BackendUnusable) throw new TargetStopped(error.message, { cause: error });
    throw error;
  }
}
