/** The index of a partition in a stream of JetStream. @module */
import type { StoredMsg } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/transport-deno";
import { IndexSubjects } from "../../../../schema/nats/index_stream.ts";
import { mapConcurrently } from "../../../primitives/concurrency.ts";
import { type NatsClient, parseAnswer } from "../../connection/client.ts";
import { Conflict, isNotFound } from "../../connection/errors.ts";
import { type IndexStore, ManifestConflict, type RunPart, type StoredManifest } from "./index_store.ts";

interface StoreOptions {
  readonly client: Pick<NatsClient, "request" | "manage">;
  /** The name of the index's stream. */
  readonly stream: string;
  /** Of the store's subjects. */
  readonly prefix: string;
  readonly partition: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const PURGES_AT_ONCE = 8;
/** `<prefix>-index.run.<partition>.<run>` */
const RUN_TOKEN = /\.(\w+)$/;

export class JetStreamIndexStore implements IndexStore {
  readonly #client: StoreOptions["client"];
  readonly #stream: string;
  readonly #subjects: IndexSubjects;
  readonly #partition: number;

  constructor({ client, stream, prefix, partition }: StoreOptions) {
    this.#client = client;
    this.#stream = stream;
    this.#subjects = new IndexSubjects(prefix);
    this.#partition = partition;
  }

  async readManifest(): Promise<StoredManifest | undefined> {
    const found = await this.#readFromLeader({ last_by_subj: this.#subjects.manifest(this.#partition) });
    return found === undefined ? undefined : { sequence: found.seq, text: decoder.decode(found.data) };
  }

  async replaceManifest(text: string, expected: number): Promise<number> {
    const lines = `Nats-Rollup: sub\r\nNats-Expected-Last-Subject-Sequence: ${expected}`;
    try {
      return await this.#publish(this.#subjects.manifest(this.#partition), encoder.encode(text), lines);
    } catch (error) {
      if (error instanceof Conflict) throw new ManifestConflict(`The manifest's sequence is not ${expected}`);
      throw error;
    }
  }

  putBlock(part: RunPart, run: string, bytes: Uint8Array): Promise<number> {
    return this.#publish(this.#subjects.run(part, this.#partition, run), bytes);
  }

  /** Asks any replica, and the leader for what it lacks: it may be behind, or the message gone. */
  async getBlock(part: RunPart, run: string, sequence: number): Promise<Uint8Array | undefined> {
    const found =
      await this.#client.manage(({ direct }) => direct.getMessage(this.#stream, { seq: sequence })) ??
        await this.#readFromLeader({ seq: sequence });
    // The sequence of a message that the server lost may have come again with another one.
    return found?.subject === this.#subjects.run(part, this.#partition, run) ? found.data : undefined;
  }

  async listRuns(): Promise<readonly string[]> {
    const filter = this.#subjects.runs(this.#partition);
    const { state } = await this.#client.manage(({ streams }) =>
      streams.info(this.#stream, { subjects_filter: filter })
    );
    return [...new Set(Object.keys(state.subjects ?? {}).map((subject) => RUN_TOKEN.exec(subject)![1]!))];
  }

  async purgeRuns(runs: readonly string[]): Promise<void> {
    await mapConcurrently(PURGES_AT_ONCE, runs, (run) => {
      const filter = this.#subjects.runs(this.#partition, run);
      return this.#client.manage(({ streams }) => streams.purge(this.#stream, { filter }));
    });
  }

  async #publish(subject: string, data: Uint8Array, headers?: string): Promise<number> {
    const answer = await this.#client.request(
      subject,
      data,
      headers === undefined ? undefined : encoded(headers),
    );
    return parseAnswer<{ seq: number }>(answer).seq;
  }

  async #readFromLeader(query: { seq: number } | { last_by_subj: string }): Promise<StoredMsg | undefined> {
    try {
      return await this.#client.manage(({ streams }) => streams.getMessage(this.#stream, query)) ?? undefined;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

/** Headers that the library only encodes when it sends them. */
function encoded(lines: string): MsgHdrs {
  const bytes = encoder.encode(`NATS/1.0\r\n${lines}\r\n\r\n`);
  return { encode: () => bytes } as unknown as MsgHdrs;
}
