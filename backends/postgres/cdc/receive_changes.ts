/** Receives decoded changes, a transaction at a time, and confirms what is kept. @module */
import type { Lsn } from "../../backup/wal_position.ts";
import { receive } from "../backup/receive.ts";
import type { ReplicationSession } from "../backup/replication.ts";
import type { ChangeSink } from "../../relay/changes/change_sink.ts";
import { type ChangeMoment, type ChangeOrigin, debeziumLines, type Showing } from "./debezium.ts";
import { outboxLine, outboxRow } from "./outbox_router.ts";
import { type Change, PgOutput } from "./pgoutput.ts";

const [DATA, KEEPALIVE] = [..."wk"].map((letter) => letter.charCodeAt(0));
/** Bytes before the data of a message: kind, place, end of the server's log, time. */
const HEADER = 25;
/** Lines of a transaction that are in memory at once, in characters. */
const MOST_IN_MEMORY = 4_000_000;

interface ChangeReception extends Showing {
  readonly session: ReplicationSession;
  readonly slot: string;
  readonly publication: string;
  readonly sink: ChangeSink;
  readonly from: Lsn;
  readonly origin: ChangeOrigin;
  readonly signal: AbortSignal;
  /** Takes what its owner should know, a line each. */
  onNotice(line: string): void;
  /** Called when everything that the server had written is kept, with the place. */
  onKept?(upTo: Lsn): void;
}

/** Receives until the signal aborts. Throws when the server ends it, or is away. */
export async function receiveChanges(reception: ChangeReception): Promise<void> {
  const { session, slot, publication, from, signal } = reception;
  const stream = await session.streamChanges(slot, publication, from);
  const receiver = new Receiver(reception);
  await receive({
    ...{ session, stream, signal },
    take: (message) => receiver.take(message),
    keep: () => receiver.keep(),
  });
}

class Receiver {
  readonly #reception: ChangeReception;
  readonly #decoder = new PgOutput();
  /** The transaction that is being received. */
  #open: { readonly moment: ChangeMoment; readonly commit: Lsn; lines: string } | undefined;
  #lastCommit: Lsn | null = null;
  /** Behind what was written, and what is kept. */
  #received: Lsn;
  #kept: Lsn;

  constructor(reception: ChangeReception) {
    this.#reception = reception;
    this.#received = this.#kept = reception.from;
  }

  /** Takes one message. Answers whether a reply is asked for. */
  async take(message: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    if (message[0] === KEEPALIVE) {
      // Between transactions nothing of what the server has written is still to come.
      if (this.#open === undefined) this.#advance(view.getBigUint64(1));
      return message[17] === 1;
    }
    if (message[0] === DATA) {
      await this.#apply(this.#decoder.decode(message.subarray(HEADER)), view.getBigUint64(1));
    }
    return false;
  }

  /** Keeps what was written. Answers with what the server may forget. */
  async keep(): Promise<{ readonly received: Lsn; readonly durable: Lsn }> {
    if (this.#received > this.#kept && this.#open === undefined) {
      await this.#reception.sink.keep(this.#received);
      this.#kept = this.#received;
      this.#reception.onKept?.(this.#kept);
    }
    return { received: this.#received, durable: this.#kept };
  }

  async #apply(change: Change, lsn: Lsn): Promise<void> {
    switch (change.kind) {
      case "begin": {
        const { xid, atMs } = change;
        const moment = { lsn, lastCommit: this.#lastCommit, xid, atMs, snapshot: "false" } as const;
        this.#open = { moment, commit: change.lsn, lines: "" };
        return;
      }
      case "row":
      case "truncate":
        return await this.#add(change, lsn);
      case "commit":
        return await this.#commit(change.lsn, change.end);
      case "message":
        if (this.#open === undefined) this.#advance(change.lsn);
        else if (this.#reception.outboxes.includes(change.prefix)) await this.#route(change);
    }
  }

  /** An event that the transaction put into the log and into no table. */
  async #route({ prefix, content }: Change & { readonly kind: "message" }): Promise<void> {
    const { mask, onNotice } = this.#reception;
    const row = outboxRow(content);
    const line = row && outboxLine(row, (each) => mask({ schema: "", table: prefix }, each));
    if (line === undefined) return onNotice(`A message of ${prefix} is no event of an outbox: passed over`);
    await this.#addLines(line);
  }

  async #add(change: Change & { readonly kind: "row" | "truncate" }, lsn: Lsn): Promise<void> {
    const { origin, mask, outboxes } = this.#reception;
    const { moment } = this.#open!;
    const showing = { mask, outboxes, nowMs: Date.now() };
    await this.#addLines(debeziumLines(change, { ...moment, lsn }, origin, showing));
  }

  async #addLines(lines: string): Promise<void> {
    const open = this.#open!;
    open.lines += lines;
    if (open.lines.length < MOST_IN_MEMORY) return;
    await this.#reception.sink.write(open.lines, open.commit);
    open.lines = "";
  }

  async #commit(lsn: Lsn, end: Lsn): Promise<void> {
    const { lines, commit } = this.#open!;
    if (lines !== "") await this.#reception.sink.write(lines, commit);
    this.#open = undefined;
    this.#lastCommit = lsn;
    this.#advance(end);
  }

  #advance(lsn: Lsn): void {
    if (lsn > this.#received) this.#received = lsn;
  }
}
