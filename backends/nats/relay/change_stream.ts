/**
 * Changes of tables in a stream of JetStream, exactly once: a message a change on `cdc.<topic>`, written under the last sequence before
 * it and with its place in the log of PostgreSQL. The stream itself says how far it is: what it has, and the server sends again,
 * is passed over.
 * @module
 */
import { headers, type MsgHdrs } from "@nats-io/transport-deno";
import { storeStream, token } from "../../../schema/nats.ts";
import { BackupError } from "../../backup/errors.ts";
import { formatLsn, type Lsn, parseLsn } from "../../backup/wal_position.ts";
import { BackendUnavailable } from "../../errors.ts";
import type { ChangeSink } from "../../relay/changes/change_sink.ts";
import { type ChangeLine, changesIn } from "../../relay/changes/change_lines.ts";
import { NatsClient, parseAnswer } from "../connection/client.ts";
import { Conflict, isNotFound } from "../connection/errors.ts";
import type { NatsCredentials } from "../connection/credentials.ts";

interface ChangeStreamOptions {
  readonly url: string;
  readonly credentials?: NatsCredentials | undefined;
  /** The stream, which is made where there is none. */
  readonly stream: string;
  /** `topic.prefix`: its subjects are `cdc.<topicPrefix>.>`. */
  readonly topicPrefix: string;
  /** Tells this writer from others: the slot. */
  readonly writer: string;
}

/** How many lines of the transaction that was committed there came before, and itself. */
interface Place {
  readonly commit: Lsn;
  readonly line: number;
}

const WRITER = "Zaakstroom-Cdc";
const PLACE = "Zaakstroom-Place";
const KEY = "Zaakstroom-Key";
/** The place of a row of a snapshot. */
const SNAPSHOT = "snapshot";
/** Requests whose answers are not there yet. */
const MOST_ASKED = 64;

export class ChangeStream implements ChangeSink {
  readonly #options: ChangeStreamOptions;
  #client: NatsClient | undefined;
  #sequence = 0;
  /** Behind what the stream had when it was opened. */
  #known: Place | undefined;
  /** Behind what was written. */
  #at: Place = { commit: 0n, line: 0 };
  #isSnapshot = false;
  #answers: Promise<void>[] = [];

  constructor(options: ChangeStreamOptions) {
    this.#options = options;
  }

  async open(): Promise<Lsn | undefined> {
    this.#client ??= await NatsClient.open(this.#options);
    this.#at = { commit: 0n, line: 0 };
    this.#answers = [];
    await this.#ensureStream();
    this.#known = await this.#readLast();
    return this.#known?.commit;
  }

  async write(lines: string, commit?: Lsn): Promise<void> {
    const changes = changesIn(lines);
    const fresh = changes.filter(() => commit === undefined || this.#isFresh(commit));
    const from = this.#at.line - fresh.length;
    fresh.forEach((change, i) => {
      const place = commit === undefined ? SNAPSHOT : `${formatLsn(commit)} ${from + i + 1}`;
      this.#publish(change, place, i === fresh.length - 1);
    });
    if (this.#answers.length >= MOST_ASKED) await this.#answered();
  }

  async keep(upTo: Lsn): Promise<void> {
    if (upTo === 0n) return await this.#beginSnapshot();
    if (this.#isSnapshot) {
      this.#isSnapshot = false;
      this.#publish({ topic: "heartbeat", key: "null", value: "{}" }, `${formatLsn(upTo)} 0`, true);
    }
    await this.#answered();
  }

  close(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.close().catch(() => {});
  }

  /** Counts a line of a transaction. False: the stream has it. */
  #isFresh(commit: Lsn): boolean {
    const line = this.#at.commit === commit ? this.#at.line + 1 : 1;
    this.#at = { commit, line };
    const known = this.#known;
    return known === undefined || commit > known.commit || (commit === known.commit && line > known.line);
  }

  /** What a snapshot that was not ended has left is removed. */
  async #beginSnapshot(): Promise<void> {
    this.#isSnapshot = true;
    if (this.#sequence === 0) return;
    await this.#client!.manage(({ streams }) => streams.purge(this.#options.stream));
  }

  /** Messages go out in this order: when one is not stored, none behind it is, so the answer to the last is that of all. */
  #publish({ topic, key, value, header = [] }: ChangeLine, place: string, asks: boolean): void {
    const subject = `cdc.${token(this.#options.topicPrefix)}.${topic}`;
    const set = this.#headersOf(place);
    set.set(KEY, key);
    for (const [name, text] of header) set.set(name, text);
    this.#sequence++;
    if (!asks) return this.#client!.publish(subject, value, { headers: set });
    const answer = this.#client!.request(subject, value, set).then((message) => void parseAnswer(message));
    answer.catch(() => {});
    this.#answers.push(answer);
  }

  #headersOf(place: string): MsgHdrs {
    const set = headers();
    set.set("Nats-Expected-Last-Sequence", String(this.#sequence));
    set.set(WRITER, this.#options.writer);
    set.set(PLACE, place);
    return set;
  }

  async #answered(): Promise<void> {
    const answers = this.#answers;
    this.#answers = [];
    try {
      await Promise.all(answers);
    } catch (error) {
      // What the stream has by now is read when it is opened again.
      if (!(error instanceof Conflict)) throw error;
      throw new BackendUnavailable("The stream has messages that were not answered", { cause: error });
    }
  }

  async #readLast(): Promise<Place | undefined> {
    const { stream, writer } = this.#options;
    const { state } = await this.#client!.manage(({ streams }) => streams.info(stream));
    this.#sequence = state.last_seq;
    if (state.messages === 0) return undefined;
    const message = await this.#client!.manage(({ streams }) =>
      streams.getMessage(stream, { seq: state.last_seq })
    );
    if (message?.header.get(WRITER) !== writer) {
      throw new BackupError(
        "unusable",
        `The stream ${stream} is written by another one: name one of its own with --stream`,
      );
    }
    const place = message.header.get(PLACE);
    if (place === SNAPSHOT) return undefined;
    const [commit, line] = place.split(" ");
    return { commit: parseLsn(commit!), line: Number(line) };
  }

  async #ensureStream(): Promise<void> {
    const { stream, topicPrefix } = this.#options;
    try {
      await this.#client!.manage(({ streams }) => streams.info(stream));
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const settings = {
        ...storeStream({ stream, prefix: `cdc.${token(topicPrefix)}`, partitions: 1, replicas: 1 }),
        allow_rollup_hdrs: false,
        metadata: {},
      };
      await this.#client!.manage(({ streams }) => streams.add(settings));
    }
  }
}
