/** The messages of PostgreSQL's decoder pgoutput, protocol version 1. Pure. @module */
import type { Lsn } from "../../backup/wal_position.ts";

/** A table as the decoder describes it before its first change. */
export interface Relation {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  /** It is of the replica identity: of the primary key, by default. */
  readonly isKey: boolean;
  /** The number of its type. */
  readonly type: number;
}

/** Values as text; null, or undefined for a large one that did not change and was not sent. */
type Tuple = readonly (string | null | undefined)[];

export type Change =
  | { readonly kind: "begin"; readonly lsn: Lsn; readonly atMs: number; readonly xid: number }
  | { readonly kind: "commit"; readonly lsn: Lsn; readonly end: Lsn; readonly atMs: number }
  | {
    readonly kind: "row";
    readonly op: "c" | "u" | "d";
    readonly relation: Relation;
    /** `isKey`: only the columns of the key are there. */
    readonly before: Tuple | null;
    readonly isKeyOnly: boolean;
    readonly after: Tuple | null;
  }
  | { readonly kind: "truncate"; readonly relations: readonly Relation[] }
  | { readonly kind: "message"; readonly prefix: string; readonly content: string; readonly lsn: Lsn }
  | { readonly kind: "other" };

/** 2000-01-01, from which the protocol counts microseconds. */
const EPOCH_MS = 946_684_800_000;
const decoder = new TextDecoder();

class Reader {
  readonly #view: DataView<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }
  letter(): string {
    return String.fromCharCode(this.byte());
  }
  int16(): number {
    return this.#view.getInt16((this.#at += 2) - 2);
  }
  int32(): number {
    return this.#view.getUint32((this.#at += 4) - 4);
  }
  int64(): bigint {
    return this.#view.getBigUint64((this.#at += 8) - 8);
  }
  time(): number {
    return EPOCH_MS + Number(this.#view.getBigInt64((this.#at += 8) - 8) / 1_000n);
  }
  text(length: number): string {
    return decoder.decode(this.#bytes.subarray(this.#at, this.#at += length));
  }
  word(): string {
    const word = this.text(this.#bytes.indexOf(0, this.#at) - this.#at);
    this.#at++;
    return word;
  }
  tuple(): Tuple {
    return Array.from({ length: this.int16() }, () => {
      const kind = this.letter();
      if (kind === "n") return null;
      return kind === "u" ? undefined : this.text(this.int32());
    });
  }
}

/** Decodes the messages of one stream, in their order: it remembers the tables that were described. */
export class PgOutput {
  readonly #relations = new Map<number, Relation>();

  decode(bytes: Uint8Array<ArrayBuffer>): Change {
    const read = new Reader(bytes);
    switch (read.letter()) {
      case "B":
        return { kind: "begin", lsn: read.int64(), atMs: read.time(), xid: read.int32() };
      case "C":
        return commitOf(read);
      case "R":
        return this.#describe(read);
      case "I":
      case "U":
      case "D":
        return this.#row(String.fromCharCode(bytes[0]!), read);
      case "T":
        return this.#truncate(read);
      case "M":
        return messageOf(read);
      default:
        return { kind: "other" };
    }
  }

  #describe(read: Reader): Change {
    const id = read.int32();
    const [schema, table] = [read.word(), read.word()];
    read.byte();
    const columns = Array.from({ length: read.int16() }, () => {
      const column = { isKey: read.byte() === 1, name: read.word(), type: read.int32() };
      read.int32();
      return column;
    });
    this.#relations.set(id, { schema, table, columns });
    return { kind: "other" };
  }

  /** K or O: the old row, by its key or whole; N: the new one. */
  #row(letter: string, read: Reader): Change {
    const relation = this.#relations.get(read.int32())!;
    const op = letter === "I" ? "c" : letter === "U" ? "u" : "d";
    let part = read.letter();
    const isKeyOnly = part === "K";
    const before = part === "N" ? null : read.tuple();
    if (op === "u" && part !== "N") part = read.letter();
    return { kind: "row", op, relation, before, isKeyOnly, after: part === "N" ? read.tuple() : null };
  }

  #truncate(read: Reader): Change {
    const count = read.int32();
    read.byte();
    const relations = Array.from({ length: count }, () => this.#relations.get(read.int32())!);
    return { kind: "truncate", relations };
  }
}

function commitOf(read: Reader): Change {
  read.byte();
  return { kind: "commit", lsn: read.int64(), end: read.int64(), atMs: read.time() };
}

function messageOf(read: Reader): Change {
  read.byte();
  const lsn = read.int64();
  const prefix = read.word();
  return { kind: "message", prefix, content: read.text(read.int32()), lsn };
}
