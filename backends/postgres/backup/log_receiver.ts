/** Receives the write-ahead log from a server, and confirms what is kept. @module */
import { BackendUnavailable } from "../../errors.ts";
import { BackupError } from "../../backup/errors.ts";
import { formatLsn } from "../../backup/wal_position.ts";
import type { LogWriter } from "./log_writer.ts";
import type { ReplicationSession } from "./replication.ts";

const [LOG, KEEPALIVE, REPLY] = [..."wkr"].map((letter) => letter.charCodeAt(0));
/** Bytes before the data of a message: kind, place, end of the server's log, time. */
const LOG_HEADER = 25;
/** 2000-01-01, from which the protocol counts microseconds. */
const EPOCH_MS = 946_684_800_000;
/** What came is synced, and confirmed, this often: each sync is one more beside those of the server, where they share a disk. */
const FLUSH_EVERY_MS = 200;

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
export async function receiveLog(reception: Reception): Promise<void> {
  const { session, writer, timeline, slot, signal, isAwaited = () => false } = reception;
  if (signal.aborted) return;
  const { messages, send } = await session.streamLog(formatLsn(writer.received), timeline, slot);
  const confirm = async () => {
    await writer.flush();
    send(replyOf(writer));
    reception.onDurable();
  };
  const stop = () => void session.close();
  signal.addEventListener("abort", stop, { once: true });
  let due = performance.now() + FLUSH_EVERY_MS;
  try {
    for await (const message of withPauses(messages, () => isAwaited() ? 0 : FLUSH_EVERY_MS)) {
      if (signal.aborted) break;
      const isDue = message === undefined || await take(message, writer) || performance.now() >= due;
      if (!isDue) continue;
      await confirm();
      due = performance.now() + FLUSH_EVERY_MS;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (!signal.aborted) throw new BackendUnavailable("The server ended the stream of its log");
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

/** The message that confirms what was received, and what is kept. */
export function replyOf({ received, durable }: Pick<LogWriter, "received" | "durable">): Uint8Array {
  const reply = new Uint8Array(34);
  const view = new DataView(reply.buffer);
  reply[0] = REPLY!;
  view.setBigUint64(1, received);
  view.setBigUint64(9, durable);
  view.setBigUint64(17, durable);
  view.setBigInt64(25, BigInt(Date.now() - EPOCH_MS) * 1000n);
  return reply;
}

/** The items as they come, and undefined once whenever none came for so long. */
export async function* withPauses<T>(
  items: AsyncIterable<T>,
  ms: () => number,
): AsyncGenerator<T | undefined> {
  const iterator = items[Symbol.asyncIterator]();
  for (let isPaused = true;;) {
    const next = iterator.next();
    next.catch(() => {});
    if (!isPaused && await isSlow(next, ms())) {
      isPaused = true;
      yield undefined;
    }
    const result = await next;
    if (result.done) return;
    isPaused = false;
    yield result.value;
  }
}

/** Whether something takes longer than this; 0: than what is there already. */
async function isSlow(work: Promise<unknown>, ms: number): Promise<boolean> {
  const pause = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => pause.resolve(true), ms);
  return await Promise.race([work.then(() => false), pause.promise]).finally(() => clearTimeout(timer));
}
