/** What the fan-out has given to others, read as they do: by a bare client of NATS that knows nothing of us. @module */
import { deadline } from "@std/async/deadline";
import { type Consumer, jetstream, type JsMsg } from "@nats-io/jetstream";
import { connect, type Msg, type MsgHdrs, type NatsConnection, TimeoutError } from "@nats-io/transport-deno";
import { api } from "../nats_store_check.ts";
import { NATS_ANSWER } from "../servers/nats_server.ts";

/** A message as it came. */
export interface FannedOut {
  readonly subject: string;
  /** In the stream; of a republished message too. */
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly caseId: string;
  readonly version: number;
  readonly position: number;
  readonly text: string;
  readonly headers: MsgHdrs;
}

/** No test waits for longer. */
const DEADLINE_MS = 60_000;

/** The first so many messages that are in the stream from a sequence on, once they are. */
export async function readFannedOut(
  url: string,
  count: number,
  { stream = "CASES", from = 1 } = {},
): Promise<FannedOut[]> {
  const connection = await connect({ servers: url.split(",") });
  try {
    return await deadline(take(connection, `${stream}_events`, from, count), DEADLINE_MS);
  } finally {
    await connection.close();
  }
}

/** A node makes it when it begins to copy. */
async function untilThere(connection: NatsConnection, stream: string): Promise<void> {
  while (!await api(connection, `STREAM.INFO.${stream}`, "").then(() => true, () => false)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function take(connection: NatsConnection, stream: string, from: number, count: number) {
  const found: FannedOut[] = [];
  if (count === 0) return found;
  await untilThere(connection, stream);
  const messages = await (await consumerFrom(connection, stream, from)).consume();
  for await (const msg of messages) {
    found.push(ofStream(msg));
    if (found.length === count) break;
  }
  return found;
}

/** In a cluster that has just lost a member nobody may answer for a while: whoever reads there asks again. */
async function consumerFrom(connection: NatsConnection, stream: string, from: number): Promise<Consumer> {
  const start = { deliver_policy: "by_start_sequence", opt_start_seq: from } as const;
  for (;;) {
    try {
      return await jetstream(connection, NATS_ANSWER).consumers.get(stream, start);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
    }
  }
}

function ofStream(msg: JsMsg): FannedOut {
  return fannedOut(msg.subject, msg.seq, msg.headers!, msg.string());
}

function fannedOut(subject: string, sequence: number, headers: MsgHdrs, text: string): FannedOut {
  return {
    subject,
    sequence,
    id: headers.get("ce-id"),
    type: headers.get("ce-type"),
    caseId: headers.get("ce-subject"),
    version: Number(headers.get("ce-caseversion")),
    position: Number(headers.get("ce-position")),
    text,
    headers,
  };
}

/** Somebody who runs `nats sub`. */
export class Subscriber implements AsyncDisposable {
  readonly received: FannedOut[] = [];
  #onReceived = () => {};

  private constructor(readonly connection: NatsConnection) {}

  static async open(url: string, subject: string): Promise<Subscriber> {
    const subscriber = new Subscriber(await connect({ servers: url.split(",") }));
    subscriber.connection.subscribe(subject, { callback: (_, msg) => subscriber.#receive(msg) });
    await subscriber.connection.flush();
    return subscriber;
  }

  #receive(msg: Msg): void {
    const headers = msg.headers!;
    this.received.push(fannedOut(msg.subject, Number(headers.get("Nats-Sequence")), headers, msg.string()));
    this.#onReceived();
  }

  /** Resolves once so many have come. */
  async until(count: number): Promise<readonly FannedOut[]> {
    const enough = new Promise<void>((resolve) => {
      this.#onReceived = () => void (this.received.length >= count && resolve());
      this.#onReceived();
    });
    await deadline(enough, DEADLINE_MS);
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}

interface StreamState {
  readonly messages: number;
  readonly first_seq: number;
  readonly last_seq: number;
}

interface StreamSettings {
  readonly subjects: readonly string[];
  readonly max_age: number;
  readonly num_replicas: number;
}

/** The stream of the fan-out as an operator has it. */
export class EventsStream implements AsyncDisposable {
  private constructor(readonly connection: NatsConnection, readonly stream: string) {}

  static async open(url: string, stream = "CASES"): Promise<EventsStream> {
    const events = new EventsStream(await connect({ servers: url.split(",") }), `${stream}_events`);
    await deadline(untilThere(events.connection, events.stream), DEADLINE_MS);
    return events;
  }

  async state(): Promise<StreamState> {
    const { state } = await api(this.connection, `STREAM.INFO.${this.stream}`, "");
    return state as StreamState;
  }

  async purge(): Promise<void> {
    await api(this.connection, `STREAM.PURGE.${this.stream}`, "");
  }

  async remove(): Promise<void> {
    await api(this.connection, `STREAM.DELETE.${this.stream}`, "");
  }

  async config(): Promise<StreamSettings> {
    const { config } = await api(this.connection, `STREAM.INFO.${this.stream}`, "");
    return config as StreamSettings;
  }

  async update(changes: Partial<StreamSettings>): Promise<void> {
    await api(this.connection, `STREAM.UPDATE.${this.stream}`, { ...await this.config(), ...changes });
  }

  /** Resolves once nothing is in it. */
  async emptied(): Promise<void> {
    const wait = async () => {
      while ((await this.state()).messages > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    await deadline(wait(), DEADLINE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
  }
}
