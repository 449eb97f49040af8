/** Keeps the log of a server as it is written, with marks of time, so that any moment since a backup can be restored. @module */
import { delay } from "@std/async/delay";
import type { FileEntry } from "../../backup/archive_file.ts";
import { BackupError } from "../../backup/errors.ts";
import type { Mark } from "../../backup/manifest.ts";
import { BackupRepository } from "../../backup/repository.ts";
import { type Lsn, parseLsn, parseSegmentName, startOfSegment } from "../../backup/wal_position.ts";
import { BackendUnavailable } from "../../errors.ts";
import { retryDelayMs } from "../../primitives/retry.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import { PostgresClient } from "../connection/client.ts";
import type { BackupRequest } from "./create.ts";
import { receiveLog } from "./log_receiver.ts";
import { LogWriter } from "./log_writer.ts";
import { ReplicationSession, type ServerIdentity } from "./replication.ts";
import { isAwaited, takeMark } from "./backed_up_server.ts";

/** What is streamed, and until when. */
interface StreamRequest extends BackupRequest {
  readonly slot: string;
  readonly signal: AbortSignal;
  /** Takes what its owner should know, a line each. */
  onNotice(line: string): void;
  /** A later moment can be restored. */
  onNewest?(mark: Mark): void;
}

/** A loss of everything costs as much as lies between two marks, and what is on its way. */
const MARK_EVERY_MS = 1_000;
/** The place of a mark may be one that no byte has yet: behind the end of a page. */
const MARK_LATE_MS = 2_000;
/** Of a file that was filled before the first mark came. */
const NO_MARK: Mark = { at: "1970-01-01T00:00:00.000000Z", lsn: "0/0", position: null };

/** Streams until the signal aborts. A server that goes away is asked again; one that is not there at the beginning is an error. */
export async function streamBackup(request: StreamRequest): Promise<void> {
  const { signal, onNotice } = request;
  using lock = new StreamLock();
  for (let failures = 0, wasConnected = false; !signal.aborted;) {
    try {
      await streamOnce(request, lock, () => (failures = 0, wasConnected = true));
    } catch (error) {
      const mayPass = error instanceof BackendUnavailable ||
        error instanceof BackupError && error.kind === "in_use";
      if (!wasConnected || !mayPass) throw error;
      onNotice(`${(error as Error).message}; trying again`);
      await delay(retryDelayMs(failures++), { signal }).catch(() => {});
    }
  }
}

/** The directory is locked once its server is known, and until the end. */
class StreamLock {
  #file: Deno.FsFile | undefined;

  async take(repository: BackupRepository): Promise<void> {
    this.#file ??= await repository.lock("stream");
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}

async function streamOnce(request: StreamRequest, lock: StreamLock, onConnected: () => void): Promise<void> {
  const session = new ReplicationSession(request.target, request.slot);
  const client = new PostgresClient(request.target, { connections: 1 });
  try {
    const identity = await session.identify();
    const repository = await BackupRepository.open(request.to, request.key, identity.systemId);
    await lock.take(repository);
    const held = await holdLog(session, request);
    const from = await startOf(repository, identity, held);
    onConnected();
    await new LogStream(request, { session, client, repository, identity }).run(from, held);
  } finally {
    await Promise.all([session.close(), client.close()]);
  }
}

/** Has the server keep its log. Answers from where it does. */
async function holdLog(session: ReplicationSession, { slot, onNotice }: StreamRequest): Promise<Lsn> {
  const found = await session.slot(slot);
  if (found !== undefined && found !== "lost") return found;
  if (found === "lost") {
    onNotice(
      `The server gave the slot ${slot} up, for the stream was down too long (max_slot_wal_keep_size)`,
    );
    await session.dropSlot(slot);
  }
  await session.createSlot(slot);
  return await session.slot(slot) as Lsn;
}

/** Goes on behind the last file that is whole, else where the last backup ends, else where the server keeps its log. */
async function startOf(repository: BackupRepository, identity: ServerIdentity, held: Lsn): Promise<Lsn> {
  const { timeline, segmentBytes } = identity;
  const { segments } = await repository.streamed();
  const numbers = segments.map(({ name }) => parseSegmentName(name, segmentBytes)!)
    .filter((each) => each.timeline === timeline).map(({ segment }) => segment);
  if (numbers.length > 0) return BigInt(Math.max(...numbers) + 1) * BigInt(segmentBytes);
  const base = (await repository.bases()).findLast(({ server }) => server.timeline === timeline);
  return startOfSegment(base === undefined ? held : parseLsn(base.newest.lsn), segmentBytes);
}

interface StreamParts {
  readonly session: ReplicationSession;
  readonly client: PostgresClient;
  readonly repository: BackupRepository;
  readonly identity: ServerIdentity;
}

/** One connection's part of a stream. */
class LogStream {
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;
  readonly #durable = new WakeSignal();
  #writer: LogWriter | undefined;
  #isAwaited = false;
  #newest = NO_MARK;

  constructor(readonly request: StreamRequest, readonly parts: StreamParts) {
    this.#signal = AbortSignal.any([request.signal, this.#ended.signal]);
  }

  async run(from: Lsn, held: Lsn): Promise<void> {
    const marking = this.#takeMarks();
    try {
      await this.#receive(from).catch(async (error) => {
        if (!(error instanceof BackupError && error.kind === "unreachable")) throw error;
        this.request.onNotice(
          "The server has removed a part of its log: make a new backup, for there is a gap",
        );
        await this.#receive(startOfSegment(held, this.parts.identity.segmentBytes));
      });
    } finally {
      this.#ended.abort();
      await marking;
    }
  }

  async #receive(from: Lsn): Promise<void> {
    const { session, repository, identity: { timeline, segmentBytes } } = this.parts;
    const { walPath: directory, key } = repository;
    const onSegment = (entry: FileEntry) => repository.addSegment({ ...this.#newest, ...entry });
    const writer = this.#writer = new LogWriter({ directory, timeline, segmentBytes, key, onSegment }, from);
    const { slot } = this.request;
    const [onDurable, isAwaited] = [() => this.#durable.notify(), () => this.#isAwaited];
    try {
      await receiveLog({ session, writer, timeline, slot, signal: this.#signal, isAwaited, onDurable });
      await writer.close();
    } catch (error) {
      writer.abort();
      throw error;
    }
  }

  /** A mark counts when its log is kept. A server that gives no answer is noticed by the stream itself. */
  async #takeMarks(): Promise<void> {
    const [signal, { client, repository, identity: { timeline } }] = [this.#signal, this.parts];
    while (!signal.aborted) {
      this.#isAwaited = await isAwaited(client, this.request.slot).catch(() => this.#isAwaited);
      const mark = await takeMark(client).catch(() => undefined);
      if (mark !== undefined && await this.#isKept(parseLsn(mark.lsn))) {
        await repository.setNewest({ ...mark, timeline });
        this.#newest = mark;
        this.request.onNewest?.(mark);
      }
      await delay(MARK_EVERY_MS, { signal }).catch(() => {});
    }
  }

  /** Waits until the log is kept up to a place. False when it takes long, or the stream ended before: another mark is due then. */
  async #isKept(lsn: Lsn): Promise<boolean> {
    const lateAt = performance.now() + MARK_LATE_MS;
    for (;;) {
      this.#durable.reset();
      if ((this.#writer?.durable ?? 0n) >= lsn) return true;
      if (this.#signal.aborted || performance.now() > lateAt) return false;
      await this.#durable.wait(this.#signal, MARK_LATE_MS);
    }
  }
}

/** Removes the slot: the server keeps its log no longer for a stream. Answers whether there was one. */
export async function dropSlot({ target }: Pick<BackupRequest, "target">, slot: string): Promise<boolean> {
  const session = new ReplicationSession(target);
  try {
    if (await session.slot(slot) === undefined) return false;
    await session.dropSlot(slot);
    return true;
  } finally {
    await session.close();
  }
}
