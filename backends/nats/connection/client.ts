/** The connection to NATS: every request has a deadline, and errors come out as the contract names them. @module */
import { connect, createInbox, type Msg, type MsgHdrs, type NatsConnection } from "@nats-io/transport-deno";
import { BackendUnavailable, BackendUnusable } from "../../errors.ts";
import { requiresClientCertificate } from "./tls_probe.ts";
import { connectionOptionsOf, type NatsCredentials } from "./credentials.ts";
import { type ApiAnswer, ApiError, refusal, translate } from "./errors.ts";
import { suppressingConnectErrors } from "./connect_errors.ts";

interface NatsTarget {
  /** `nats://host:port`, several with commas between them. */
  url: string;
  /** Who we are to the server, besides what the URL tells. */
  credentials?: NatsCredentials;
  /** No answer for this long counts as away. Default 5,000. */
  deadlineMs?: number;
  /** How long the first connection may take. Default 2,000. */
  connectMs?: number;
}

const decoder = new TextDecoder();

/** A connection that survives the loss of the server. */
export class NatsClient {
  readonly #connection: NatsConnection;
  /** No answer for this long counts as away. */
  readonly deadlineMs: number;
  readonly #pendingRequests = new Map<string, PendingRequest>();
  readonly #inbox = createInbox();
  readonly #reconnected = new Set<() => void>();
  readonly #disconnected = new Set<() => void>();
  #requestCount = 0;
  #isDisconnected = false;

  private constructor(connection: NatsConnection, deadlineMs: number) {
    this.#connection = connection;
    this.deadlineMs = deadlineMs;
    connection.subscribe(`${this.#inbox}.*`, { callback: (_, msg) => this.#onAnswer(msg) });
    void this.#watch();
  }

  /** Connects. Throws BackendAway when nobody answers and BackendRefused when the server does not let us in. */
  static async open({ url, credentials, deadlineMs = 5_000, connectMs = 2_000 }: NatsTarget) {
    try {
      const options = {
        ...connectionOptionsOf(url, credentials),
        timeout: connectMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        // A black hole is noticed after about five seconds; left to itself, after minutes.
        pingInterval: 2_000,
        maxPingOut: 2,
        // Credentials that expired may be renewed in their file: we go on asking, as for a server that is away.
        ignoreAuthErrorAbort: true,
      };
      return new NatsClient(await suppressingConnectErrors(() => connect(options)), deadlineMs);
    } catch (error) {
      throw await certificateError(error, url, credentials) ?? translate(error);
    }
  }

  get server(): string {
    return this.#connection.info?.version ?? "unknown";
  }

  /** Publishes without an answer. What is lost shows in the answer to what follows. */
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

  /** The largest message the server takes, headers included, in bytes. */
  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? Infinity;
  }

  /**
   * Publishes messages as the protocol writes them: many in one piece, where the library takes five calls for each. It has
   * no door for this; its version is pinned, and every test that writes a batch would tell.
   */
  publishRaw(messages: Uint8Array): void {
    this.#requireConnection();
    const { protocol } = this.#connection as unknown as {
      protocol: { sendCommand(bytes: Uint8Array): void };
    };
    protocol.sendCommand(messages);
  }

  async request(subject: string, data: string | Uint8Array = "", headers?: MsgHdrs): Promise<Msg> {
    this.#requireConnection();
    try {
      const timeout = this.deadlineMs;
      return await this.#connection.request(subject, data, headers ? { timeout, headers } : { timeout });
    } catch (error) {
      throw translate(error);
    }
  }

  /** A request to JetStream's API. Throws ApiError for a refusal that is not one of the usual ones. */
  async api<T>(subject: string, body: unknown = ""): Promise<T> {
    const text = body === "" ? "" : JSON.stringify(body);
    return parseAnswer<T>(await this.request(`$JS.API.${subject}`, text));
  }

  /** A request with many answers: all of them up to the status that ends them, which comes last. */
  async requestMany(subject: string, body: unknown): Promise<Msg[]> {
    const key = String(++this.#requestCount);
    const { promise, resolve, reject } = Promise.withResolvers<Msg[]>();
    const timer = setTimeout(
      () => reject(new BackendUnavailable(`NATS gave no answer within ${this.deadlineMs} ms`)),
      this.deadlineMs,
    );
    this.#pendingRequests.set(key, { answers: [], resolve });
    try {
      this.publish(subject, JSON.stringify(body), { reply: `${this.#inbox}.${key}` });
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pendingRequests.delete(key);
    }
  }

  subscribe(subject: string, onMessage: (msg: Msg) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, msg) => void (error || onMessage(msg)),
    });
    return () => subscription.unsubscribe();
  }

  /** Calls back after every reconnection: what was asked for before it may never be answered. */
  onReconnect(listener: () => void): () => void {
    this.#reconnected.add(listener);
    return () => void this.#reconnected.delete(listener);
  }

  /** Calls back when the connection is lost, before anything is asked of it. */
  onDisconnect(listener: () => void): void {
    this.#disconnected.add(listener);
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** What the client library would keep and send later, nobody waits for any more by then: half a batch, say. */
  #requireConnection(): void {
    if (this.#isDisconnected) throw new BackendUnavailable("NATS is away (the connection is lost)");
  }

  #onAnswer(msg: Msg): void {
    const request = this.#pendingRequests.get(msg.subject.slice(msg.subject.lastIndexOf(".") + 1));
    if (request === undefined) return;
    request.answers.push(msg);
    if (isStatus(msg)) request.resolve(request.answers);
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") {
        this.#isDisconnected = true;
        for (const listener of this.#disconnected) listener();
      }
      if (type !== "reconnect") continue;
      this.#isDisconnected = false;
      for (const listener of [...this.#reconnected]) listener();
    }
  }
}

/** What a server that hangs up on us, or says little, wanted; undefined where it was nothing but that. */
async function certificateError(error: unknown, url: string, credentials: NatsCredentials = {}) {
  const hungUp = translate(error) instanceof BackendUnavailable;
  const alerted = /received fatal alert/.test(String(error));
  if (credentials.certFile !== undefined || !(hungUp || alerted)) return undefined;
  if (!await requiresClientCertificate(url)) return undefined;
  const advice = "The NATS server asks for a certificate of ours: give --tls-cert and --tls-key";
  return new BackendUnusable(advice, { cause: error });
}

interface PendingRequest {
  readonly answers: Msg[];
  resolve(answers: Msg[]): void;
}

/** True for a message that carries a status of the server and no content. */
export function isStatus(msg: Msg): boolean {
  return msg.data.length === 0 && (msg.headers?.code ?? 0) > 0;
}

export function messageText(msg: Msg): string {
  return decoder.decode(msg.data);
}

/** The JSON of an API answer. */
export function parseAnswer<T>(msg: Msg): T {
  const answer = JSON.parse(messageText(msg)) as T & ApiAnswer;
  if (answer.error) throw refusal(answer.error);
  return answer;
}

/** True for the API's word that there is no such thing. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}
