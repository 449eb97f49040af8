/** The connection to NATS: every request has a deadline, and errors come out as the contract names them. @module */
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import { type ApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-deno";
import { requiresClientCertificate } from "./tls_probe.ts";
import { connectionOptionsOf, type NatsCredentials } from "./credentials.ts";
import { refusal, translate } from "./errors.ts";
import { lateErrorsOver, suppressingConnectErrors, tolerateSocketErrors } from "./connect_errors.ts";

interface NatsTarget {
  /** `nats://host:port`, several with commas between them. */
  url: string;
  /** Credentials; they take precedence over those in the URL. */
  credentials?: NatsCredentials | undefined;
  /** A request without an answer for this long fails as unavailable. Default 5,000. */
  deadlineMs?: number | undefined;
  /** How long the first connection may take. Default 2,000. */
  connectMs?: number;
  /** Where answers come, in the place of what follows from the user. */
  inboxPrefix?: string;
}

/**
 * A connection on which nothing comes any more is left at the third ping: at most 4.2 seconds after it fell silent. By
 * default that takes minutes.
 */
const [PING_MS, UNANSWERED_PINGS] = [1_400, 2];

const decoder = new TextDecoder();

/** A connection that survives the loss of the server. */
export class NatsClient {
  readonly #connection: NatsConnection;
  readonly #manager: JetStreamManager;
  readonly #reconnected = new Set<() => void>();
  readonly #disconnected = new Set<(error: BackendUnavailable) => void>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #stopTolerating = tolerateSocketErrors();
  /** Why there is no connection; undefined while there is one. */
  #lost: BackendUnavailable | undefined;

  private constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    readonly deadlineMs: number,
    /** Where this user is answered. */
    readonly inboxPrefix: string,
  ) {
    this.#connection = connection;
    this.#manager = manager;
    void this.#watch();
  }

  /** Connects. Throws BackendUnavailable without an answer, and BackendUnusable when the server refuses the connection. */
  static async open({ url, credentials, deadlineMs = 5_000, connectMs = 2_000, inboxPrefix }: NatsTarget) {
    try {
      const options = {
        ...connectionOptionsOf(url, credentials),
        ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
        timeout: connectMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        pingInterval: PING_MS,
        maxPingOut: UNANSWERED_PINGS,
        // Expired credentials may be renewed in their file, so an authentication error does not end the reconnecting.
        ignoreAuthErrorAbort: true,
      };
      const connection = await suppressingConnectErrors(() => connect(options));
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: deadlineMs });
      return new NatsClient(connection, manager, deadlineMs, options.inboxPrefix ?? "_INBOX");
    } catch (error) {
      throw await certificateError(error, url, credentials) ?? translate(error);
    }
  }

  get server(): string {
    return this.#connection.info?.version ?? "unknown";
  }

  /** Publishes without an answer; a loss shows in the answer to the message that ends the batch. */
  publish(
    subject: string,
    data: string | Uint8Array,
    options: { headers?: MsgHdrs; reply?: string } = {},
  ): void {
    this.#requireConnection();
    try {
      this.#connection.publish(subject, data, options);
    } catch (error) {
      throw translate(error);
    }
  }

  /** The library has no public way to ask; its version is pinned. */
  get isEncrypted(): boolean {
    const { protocol } = this.#connection as unknown as {
      protocol: { transport: { isEncrypted(): boolean } };
    };
    return protocol.transport.isEncrypted();
  }

  /** The connection stays on this machine: the server sees it come from the loopback. */
  get isLocal(): boolean {
    return /^(127\.|::1$)/.test(this.#connection.info?.client_ip ?? "");
  }

  /** The largest message the server takes, headers included, in bytes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? Infinity;
  }

  /**
   * Publishes encoded protocol messages in one piece, where the library takes five calls for each. It has no public method
   * for this; its version is pinned, and every test that writes a batch fails when this stops working.
   */
  publishRaw(messages: Uint8Array): void {
    this.#requireConnection();
    const { protocol } = this.#connection as unknown as {
      protocol: { sendCommand(bytes: Uint8Array): void };
    };
    protocol.sendCommand(messages);
  }

  async request(subject: string, data: string | Uint8Array = "", headers?: MsgHdrs): Promise<Msg> {
    const timeout = this.deadlineMs;
    return await this.#run(() =>
      this.#connection.request(subject, data, headers ? { timeout, headers } : { timeout })
    );
  }

  /** Runs calls of the JetStream manager, whose requests have the same deadline. Throws as the contract names errors. */
  async manage<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
    return await this.#run(() => work(this.#manager));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.#requireConnection();
    const running = Promise.try(work);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw translate(error);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Messages that are under way when the subscription is ended still come. */
  subscribe(subject: string, onMessage: (msg: Msg) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, msg) => void (error || onMessage(msg)),
    });
    return () => void subscription.drain().catch(() => {});
  }

  /** Calls back after every reconnection: requests from before it may never be answered. */
  onReconnect(listener: () => void): () => void {
    this.#reconnected.add(listener);
    return () => void this.#reconnected.delete(listener);
  }

  /**
   * Calls back when the connection is lost, even while no request is under way, and again when the server refuses to take
   * it up.
   */
  onDisconnect(listener: (error: BackendUnavailable) => void): void {
    this.#disconnected.add(listener);
  }

  /** What is under way is waited for: the library leaves the timers of its reads behind when the connection ends under them. */
  async close(): Promise<void> {
    if (this.#lost === undefined) await Promise.allSettled(this.#running);
    await this.#connection.close();
    if (this.#lost !== undefined) await lateErrorsOver();
    this.#stopTolerating();
  }

  /** While disconnected the library would buffer a message and send it later, when its caller has given up: half a batch. */
  #requireConnection(): void {
    if (this.#lost === undefined) return;
    throw new BackendUnavailable(this.#lost.message, { cause: this.#lost.cause });
  }

  async #watch(): Promise<void> {
    let pings = 0;
    for await (const status of this.#connection.status()) {
      if (status.type === "ping") pings = status.pendingPings;
      else if (status.type === "disconnect") {
        // Every attempt that is refused ends with another one: its reason stays.
        if (this.#lost === undefined) this.#reportLoss(lossError(pings));
        pings = 0;
      } else if (status.type === "error" && this.#lost !== undefined) {
        this.#onRefused(translate(status.error));
      } else if (status.type === "reconnect") {
        this.#lost = undefined;
        for (const listener of [...this.#reconnected]) listener();
      }
    }
  }

  /** A server that refuses a client it took before is out of reach: its account may be mended, or its file renewed. */
  #onRefused(error: unknown): void {
    if (!(error instanceof BackendUnusable) || error.message === this.#lost?.message) return;
    this.#reportLoss(new BackendUnavailable(error.message, { cause: error }));
  }

  #reportLoss(error: BackendUnavailable): void {
    this.#lost = error;
    for (const listener of this.#disconnected) listener(error);
  }
}

/** A connection that was left because of pings without an answer had been silent since the first of them. */
function lossError(pings: number): BackendUnavailable {
  if (pings <= UNANSWERED_PINGS) return new BackendUnavailable("NATS is away (the connection is lost)");
  const silentMs = PING_MS * UNANSWERED_PINGS;
  return new BackendUnavailable(`NATS is away (no answer for ${silentMs} ms)`, { silentMs });
}

/** The error for a server that hung up because it requires a client certificate; undefined when that is not the reason. */
async function certificateError(error: unknown, url: string, credentials: NatsCredentials = {}) {
  const hungUp = translate(error) instanceof BackendUnavailable;
  const alerted = /received fatal alert/.test(String(error));
  if (credentials.certFile !== undefined || !(hungUp || alerted)) return undefined;
  if (!await requiresClientCertificate(url)) return undefined;
  const advice = "The NATS server asks for a certificate of ours: give --tls-cert and --tls-key";
  return new BackendUnusable(advice, { cause: error });
}

export function messageText(msg: Msg): string {
  return decoder.decode(msg.data);
}

/** The JSON of an acknowledgement. Throws as `translate` when it is an error. */
export function parseAnswer<T>(msg: Msg): T {
  const answer = JSON.parse(messageText(msg)) as T & { error?: ApiError };
  if (answer.error) throw refusal(answer.error);
  return answer;
}
