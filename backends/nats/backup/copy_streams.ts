/** Copies what is new in the streams of a store, round by round. Each round ends with a mark, up to which nothing is missing. @module */
import type { StreamInfo } from "@nats-io/jetstream";
import { BackupError } from "../../backup/errors.ts";
import { toMicroseconds } from "../../backup/restore_plan.ts";
import type { NatsClient } from "../connection/client.ts";
import { isPartOfMore } from "../journal/record/decode_record.ts";
import { positionOfNext, readWhole, type WholeMessage } from "../stream/direct_get.ts";
import type { MarkEntry, MessageEntry, ReadEntry } from "./entries.ts";
import { infoOf, type StoredStreams, storeId } from "./stored_streams.ts";

/** Where entries go. */
export interface EntrySink {
  write(entry: ReadEntry): Promise<void>;
  /** Everything before it counts from now on. */
  mark(mark: MarkEntry): Promise<void>;
}

/** Up to where everything is kept. */
export type Reached = Pick<MarkEntry, "log" | "others">;

/** So many bytes are marked before the round ends. */
const MARK_EVERY_BYTES = 16_777_216;

export class StreamCopier {
  #log: number;
  readonly #others = new Map<string, number>();
  /** What was gone of a stream at the last look. */
  readonly #gone = new Map<string, string>();
  #newest = "";

  constructor(
    readonly client: NatsClient,
    readonly streams: StoredStreams,
    reached: Reached,
    readonly sink: EntrySink,
  ) {
    this.#log = reached.log;
    for (const name of streams.others) this.#others.set(name, reached.others[name] ?? 0);
  }

  /**
   * Copies what came since the last round. What waits to be taken into the log is read before the log is: whatever has left the
   * one by then is in the other. Throws BackupError once the store is another one.
   */
  async copy(): Promise<MarkEntry | undefined> {
    const before = await this.#check();
    let isBehind = false;
    for (const name of this.streams.others) if (!await this.#copyOther(name)) isBehind = true;
    const { state: { last_seq: last } } = await this.#check();
    if (last < this.#log) throw anotherStore();
    await this.#copyLog(last);
    // A replica may be behind its leader: the next round has the rest.
    return isBehind || this.#log < last ? undefined : await this.#mark(toMicroseconds(before.ts!));
  }

  async #check(): Promise<StreamInfo> {
    const info = await infoOf(this.client, this.streams.log);
    if (info === undefined || storeId(info) !== this.streams.id) throw anotherStore();
    return info;
  }

  /** False when the replica that was asked is behind: the next round has the rest. */
  async #copyOther(stream: string): Promise<boolean> {
    const info = await infoOf(this.client, stream);
    if (info === undefined) return true;
    const { last_seq: last, first_seq: first, num_deleted: holes = 0 } = info.state;
    let seen = this.#others.get(stream)!;
    if (seen < last) {
      for await (const message of readWhole(this.client, stream, seen + 1)) {
        if (message.position > last) break;
        await this.sink.write({ ...entryOf(stream, message), created: info.created });
        seen = message.position;
      }
      // What is last may be gone again by now; while it is there, it must have come.
      const isBehind = seen < last && await positionOfNext(this.client, stream, ">", last) === last;
      this.#others.set(stream, isBehind ? seen : last);
      if (isBehind) return false;
    }
    await this.#copyGone(stream, `${first} ${holes}`);
    return true;
  }

  async #copyGone(stream: string, gone: string): Promise<void> {
    if (this.#gone.get(stream) === gone) return;
    this.#gone.set(stream, gone);
    const details = (await infoOf(this.client, stream, true))!;
    const { first_seq, deleted } = details.state;
    const at = toMicroseconds(details.ts!);
    await this.sink.write({ kind: "gone", stream, at, first: first_seq, deleted: deleted ?? [] });
  }

  async #copyLog(last: number): Promise<void> {
    const { log: stream } = this.streams;
    let bytes = 0;
    if (this.#log >= last) return;
    for await (const message of readWhole(this.client, stream, this.#log + 1)) {
      if (message.position > last) return;
      if (message.position !== this.#log + 1) throw gap(stream, this.#log + 1);
      await this.sink.write(entryOf(stream, message));
      this.#log = message.position;
      bytes += message.data.length;
      if (bytes < MARK_EVERY_BYTES || isPartOfMore(message.data)) continue;
      await this.#mark(toMicroseconds(message.at));
      bytes = 0;
    }
  }

  /** Marks never go back: a clock that was set may. */
  async #mark(at: string): Promise<MarkEntry> {
    if (at > this.#newest) this.#newest = at;
    const others = Object.fromEntries(this.#others);
    const mark = { kind: "mark", at: this.#newest, log: this.#log, others } as const;
    await this.sink.mark(mark);
    return mark;
  }
}

function entryOf(
  stream: string,
  { position: sequence, at, subject, headers, data }: WholeMessage,
): MessageEntry & { readonly data: Uint8Array } {
  return { kind: "message", stream, sequence, at: toMicroseconds(at), subject, headers, data };
}

function anotherStore(): BackupError {
  return new BackupError(
    "unusable",
    "The store was made anew, or restored as it was before: name another directory, and make a new backup there",
  );
}

function gap(stream: string, sequence: number): BackupError {
  return new BackupError(
    "damaged",
    `The stream ${stream} has no message ${sequence}: its log has a hole, and no backup of it would be whole`,
  );
}
