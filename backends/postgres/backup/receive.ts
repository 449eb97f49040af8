/** The loop that receives a stream of replication, of the log itself or of what is decoded from it. @module */
import { BackendUnavailable } from "../../errors.ts";
import type { Lsn } from "../../backup/wal_position.ts";
import type { LogStream, ReplicationSession } from "./replication.ts";

const REPLY = "r".charCodeAt(0);
/** 2000-01-01, from which the protocol counts microseconds. */
const EPOCH_MS = 946_684_800_000;
/** What came is kept, and confirmed, this often: each sync is one more beside those of the server, where they share a disk. */
const CONFIRM_EVERY_MS = 200;

/** How far a receiver is. */
interface Received {
  readonly received: Lsn;
  /** What survives a loss of power. */
  readonly durable: Lsn;
}

/** What is done with a stream. */
interface Reception {
  readonly session: Pick<ReplicationSession, "close">;
  readonly stream: LogStream;
  readonly signal: AbortSignal;
  /** Whether somebody waits for what is kept here: then it is kept as soon as no more is there for the moment. */
  isAwaited?(): boolean;
  /** Takes one message. Answers whether a reply is asked for. */
  take(message: Uint8Array<ArrayBuffer>): Promise<boolean>;
  /** Keeps what was taken. */
  keep(): Promise<Received>;
  /** Called when the server was told. */
  onConfirmed?(): void;
}

/** Receives until the signal aborts, and ends the session. Throws when the server ends it, or is away. */
export async function receive(
  { session, stream, signal, isAwaited = () => false, take, keep, onConfirmed }: Reception,
): Promise<void> {
  const stop = () => void session.close();
  signal.addEventListener("abort", stop, { once: true });
  let due = performance.now() + CONFIRM_EVERY_MS;
  try {
    for await (const message of withPauses(stream.messages, () => isAwaited() ? 0 : CONFIRM_EVERY_MS)) {
      if (signal.aborted) break;
      const isDue = message === undefined || await take(message) || performance.now() >= due;
      if (!isDue) continue;
      stream.send(replyOf(await keep()));
      onConfirmed?.();
      due = performance.now() + CONFIRM_EVERY_MS;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  if (!signal.aborted) throw new BackendUnavailable("The server ended the stream of its log");
}

/** The message that confirms what was received, and what is kept. */
function replyOf({ received, durable }: Received): Uint8Array {
  const reply = new Uint8Array(34);
  const view = new DataView(reply.buffer);
  reply[0] = REPLY;
  view.setBigUint64(1, received);
  view.setBigUint64(9, durable);
  view.setBigUint64(17, durable);
  view.setBigInt64(25, BigInt(Date.now() - EPOCH_MS) * 1000n);
  return reply;
}

/** The items as they come, and undefined once whenever none came for so long. */
async function* withPauses<T>(
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
