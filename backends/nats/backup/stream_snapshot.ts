/** Copies a stream out of a server and back in, by the snapshots that nats-server makes. @module */
import { createInbox, type Msg } from "@nats-io/transport-deno";
import { BackupError } from "../../backup/errors.ts";
import type { NatsManifest } from "../../backup/manifest.ts";
import { BackendUnavailable } from "../../errors.ts";
import { WakeSignal } from "../../primitives/wake_signal.ts";
import { type NatsClient, parseAnswer } from "../connection/client.ts";

/** A stream as it was: its configuration, and how many messages it had. */
type StreamCopy = Omit<NatsManifest["streams"][number], "file" | "created">;

/** Below the usual limit of a message. */
const CHUNK_BYTES = 128 * 1024;
/** A server that sends nothing for so long has ended. */
const SILENT_MS = 30_000;
const NEVER = new AbortController().signal;

/** Copies a stream. Each chunk is confirmed when it was written, so that the server does not run ahead. */
export async function snapshotStream(
  client: NatsClient,
  name: string,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<StreamCopy> {
  const inbox = createInbox(client.inboxPrefix);
  const messages = new Inbox();
  const unsubscribe = client.subscribe(inbox, (msg) => messages.push(msg));
  try {
    const request = { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES, jsck: true };
    const answer = await client.request(`$JS.API.STREAM.SNAPSHOT.${name}`, JSON.stringify(request));
    const copy = parseAnswer<StreamCopy>(answer);
    for (;;) {
      const msg = await messages.next(SILENT_MS);
      if (msg === undefined) throw new BackendUnavailable(`NATS is away (the snapshot of ${name} broke off)`);
      if (msg.data.length === 0) return requireWhole(msg, name, copy);
      await write(msg.data);
      msg.respond();
    }
  } finally {
    unsubscribe();
  }
}

/** Messages that came, in their order. */
class Inbox {
  readonly #messages: Msg[] = [];
  readonly #arrived = new WakeSignal();

  push(msg: Msg): void {
    this.#messages.push(msg);
    this.#arrived.notify();
  }

  /** The next one; undefined when none comes for so long. */
  async next(silentMs: number): Promise<Msg | undefined> {
    this.#arrived.reset();
    if (this.#messages.length === 0) await this.#arrived.wait(NEVER, silentMs);
    return this.#messages.shift();
  }
}

/** The last message has a status, where the server gave up. */
function requireWhole(msg: Msg, name: string, { config, state }: StreamCopy): StreamCopy {
  const code = msg.headers?.code ?? 0;
  if (code === 0 || code === 204) return { config, state };
  throw new BackupError("unusable", `The server gave the snapshot of ${name} up (${code}): its log says why`);
}

/** Makes a stream from a copy. Throws as the connection does, for one that is there already, say. */
export async function restoreStream(
  client: NatsClient,
  { config, state }: StreamCopy,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const answer = await client.request(
    `$JS.API.STREAM.RESTORE.${config.name}`,
    JSON.stringify({ config, state }),
  );
  const { deliver_subject: subject } = parseAnswer<{ readonly deliver_subject: string }>(answer);
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += CHUNK_BYTES) {
      requireTaken(await client.request(subject, chunk.subarray(at, at + CHUNK_BYTES)), config.name);
    }
  }
  const { state: made } = parseAnswer<StreamCopy>(await client.request(subject, ""));
  const isSame = made.messages === state.messages && made.last_seq === state.last_seq;
  if (!isSame) {
    throw new BackupError("damaged", `The stream ${config.name} came back with other messages than it had`);
  }
}

/** A chunk is confirmed by an empty message; one with a content says what is wrong. */
function requireTaken(msg: Msg, name: string): void {
  if (msg.data.length === 0) return;
  const { error } = msg.json<{ readonly error?: { readonly description?: string } }>();
  throw new BackupError(
    "damaged",
    `The server takes no copy of ${name}: ${error?.description ?? "it does not say why"}`,
  );
}
