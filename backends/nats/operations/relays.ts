/** Records of relays on JetStream: a message each, in a stream that is made when the first is written. @module */
import { headers } from "@nats-io/transport-deno";
import { storeStream, textOf, token } from "../../../schema/nats.ts";
import type { RelayEntry, RelayRecord, RelayStore } from "../../relay/relay_store.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";
import { Conflict, isNotFound } from "../connection/errors.ts";
import { readAllOf, type StreamMessage } from "../stream/direct_get.ts";

/** A KV bucket to the tools of NATS. */
function relaysStream(stream: string): string {
  return `KV_${stream}_relays`;
}

export class NatsRelayStore implements RelayStore {
  readonly #client: NatsClient;
  readonly #stream: string;
  readonly #replicas: number;
  #isThere = false;

  constructor(
    client: NatsClient,
    { stream, replicas }: { readonly stream: string; readonly replicas: number },
  ) {
    this.#client = client;
    this.#stream = stream;
    this.#replicas = replicas;
  }

  async list(): Promise<readonly RelayEntry[]> {
    return (await this.#readAll("*")).sort((a, b) => a.name < b.name ? -1 : 1);
  }

  async read(name: string): Promise<RelayEntry | undefined> {
    return (await this.#readAll(token(name)))[0];
  }

  async write(name: string, record: RelayRecord | null, revision: number): Promise<number | undefined> {
    if (revision === 0) await this.#ensureStream();
    const set = headers();
    // What was removed has a message too: a new record goes over that one.
    const expected = revision === 0 ? await this.#removedAt(name) : revision;
    set.set("Nats-Expected-Last-Subject-Sequence", String(expected));
    try {
      const answer = await this.#client.request(this.#subject(token(name)), JSON.stringify(record), set);
      return parseAnswer<{ seq: number }>(answer).seq;
    } catch (error) {
      if (error instanceof Conflict) return undefined;
      throw error;
    }
  }

  async #readAll(name: string): Promise<RelayEntry[]> {
    const found = await this.#messages(name);
    return found.filter(({ payload }) => payload !== "null").map((each) => ({
      name: textOf(each.subject.slice(each.subject.lastIndexOf(".") + 1)),
      record: JSON.parse(each.payload) as RelayRecord,
      revision: each.position,
    }));
  }

  async #messages(name: string): Promise<StreamMessage[]> {
    if (!await this.#hasStream()) return [];
    return await readAllOf(this.#client, relaysStream(this.#stream), this.#subject(name));
  }

  /** A direct read of a stream that is not there finds nobody to answer, as one of a server that is away. */
  async #hasStream(): Promise<boolean> {
    try {
      this.#isThere ||= await this.#client.manage(({ streams }) => streams.info(relaysStream(this.#stream)))
        .then(() => true);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return this.#isThere;
  }

  async #removedAt(name: string): Promise<number> {
    const [last] = await this.#messages(token(name));
    return last?.payload === "null" ? last.position : 0;
  }

  #subject(name: string): string {
    return `$KV.${this.#stream}_relays.${name}`;
  }

  async #ensureStream(): Promise<void> {
    const settings = {
      ...storeStream({ stream: this.#stream, prefix: "", partitions: 1, replicas: this.#replicas }),
      name: relaysStream(this.#stream),
      subjects: [this.#subject(">")],
      max_msgs_per_subject: 1,
      metadata: {},
    };
    await this.#client.manage(({ streams }) => streams.add(settings));
  }
}
