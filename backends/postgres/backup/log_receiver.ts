/** Receives the write-ahead log from a server, and confirms what is kept. @module */
import { BackupError } from "../../backup/errors.ts";
import { formatLsn } from "../../backup/wal_position.ts";
import type { LogWriter } from "./log_writer.ts";
import { receive } from "./receive.ts";
import type { ReplicationSession } from "./replication.ts";

const [LOG, KEEPALIVE] = [..."wk"].map((letter) => letter.charCodeAt(0));
/** Bytes before the data of a message: kind, place, end of the server's log, time. */
const LOG_HEADER = 25;

/** What is received, and until when. */
interface Reception {
  readonly session: ReplicationSession;
  readonly writer: LogWriter;
  readonly timeline: number;
  readonly slot?: string;
  readonly signal: AbortSignal;
  /** Whether commits wait for what is kept here: then it is synced as soon as no more is there for the moment. */
  isAwaited?(): boolean;
  /** Called whenever more is safe: see `durable` of the writer. */
  onDurable(): void;
}

/** Receives until the signal aborts. Throws when the server ends it, or is away. */
export async function receiveLog(
  { session, writer, timeline, slot, signal, isAwaited = () => false, onDurable }: Reception,
): Promise<void> {
  if (signal.aborted) return;
  await receive({
    ...{ session, signal, isAwaited, onConfirmed: onDurable },
    stream: await session.streamLog(formatLsn(writer.received), timeline, slot),
    take: (message) => take(message, writer),
    async keep() {
      await writer.flush();
      return writer;
    },
  });
}

/** Takes one message. Answers whether a reply is asked for. */
async function take(message: Uint8Array<ArrayBuffer>, writer: LogWriter): Promise<boolean> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (message[0] === KEEPALIVE) return message[17] === 1;
  if (message[0] !== LOG) {
    throw new BackupError("unusable", `The server sends what this program does not know (${message[0]})`);
  }
  await writer.write(view.getBigUint64(1), message.subarray(LOG_HEADER));
  return false;
}
