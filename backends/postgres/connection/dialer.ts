/** Opens the sockets of a pool: of the servers of its URL the first that answers and suits, encrypted as asked. @module */
import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from "node:tls";
import type { DriverOptions, ServerAddress, TlsPlan } from "./driver_options.ts";

/** What a server says of itself. */
export interface ServerState {
  readonly standby: boolean;
  readonly readOnly: boolean;
}

/** An error of dialling, with a code as the operating system's errors have one. */
function dialError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

export class Dialer {
  readonly #options: DriverOptions;
  readonly #stateOf: (server: ServerAddress) => Promise<ServerState>;
  /** The server that is tried first: the last one that was good. */
  #first = 0;
  /** The server that was found to suit `target_session_attrs`. */
  #suitable: ServerAddress | undefined;

  /** `stateOf` asks a server what it is, on a connection of its own. */
  constructor(options: DriverOptions, stateOf: (server: ServerAddress) => Promise<ServerState>) {
    this.#options = options;
    this.#stateOf = stateOf;
  }

  /** The server to which the last connection led. */
  get server(): ServerAddress {
    return this.#options.servers[this.#first]!;
  }

  /** A connected socket, for postgres.js to speak on. */
  async open(): Promise<Socket> {
    const { servers, targetSession } = this.#options;
    try {
      return await this.#openFirst((server) => this.#suits(server));
    } catch (error) {
      if (targetSession !== "prefer-standby" || servers.length === 0) throw error;
      return await this.#openFirst(() => Promise.resolve(true));
    }
  }

  /** The server it is connected to is not, or no longer, what is needed: the next dial begins with the next one. */
  moveOn(): void {
    this.#suitable = undefined;
    this.#first = (this.#first + 1) % this.#options.servers.length;
  }

  async #openFirst(suits: (server: ServerAddress) => Promise<boolean>): Promise<Socket> {
    const { servers, targetSession } = this.#options;
    const start = this.#first;
    let failure: unknown;
    for (let n = 0; n < servers.length; n++) {
      const index = (start + n) % servers.length;
      const server = servers[index]!;
      try {
        if (!await suits(server)) {
          throw dialError(
            "SERVER_UNSUITABLE",
            `no server of the URL is ${targetSession} (target_session_attrs)`,
          );
        }
        const socket = await dial(server, this.#options);
        socket.once("close", () => this.#suitable = undefined);
        this.#first = index;
        return socket;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #suits(server: ServerAddress): Promise<boolean> {
    const { targetSession } = this.#options;
    if (targetSession === "any" || server === this.#suitable) return true;
    const { standby, readOnly } = await this.#stateOf(server);
    const suits = {
      "read-write": !readOnly,
      "read-only": readOnly,
      "primary": !standby,
      "standby": standby,
      "prefer-standby": standby,
    }[targetSession];
    if (suits) this.#suitable = server;
    return suits;
  }
}

/** Connects to one server, and encrypts. Rejects when it takes longer than the time to connect. */
async function dial(
  server: ServerAddress,
  { tls, connectTimeoutMs }: Pick<DriverOptions, "tls" | "connectTimeoutMs">,
): Promise<Socket> {
  const isUnix = server.host.startsWith("/");
  const socket = isUnix
    ? connect(`${server.host}/.s.PGSQL.${server.port}`)
    : connect({ host: server.host, port: server.port });
  // postgres.js leaves Nagle's algorithm on, which holds small messages back by tens of milliseconds.
  socket.setNoDelay(true);
  const tooLong = () => socket.destroy(dialError("CONNECT_TIMEOUT", "No connection in time"));
  const timer = setTimeout(tooLong, connectTimeoutMs);
  try {
    await reached(socket, "connect");
    return isUnix || tls.mode === "disable"
      ? expectingPostgres(socket)
      : await encrypt(socket, server.host, tls);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for an event of a socket; an error or an end of it rejects. Takes away the listeners it added, and no others. */
function reached(
  socket: Socket,
  event: "connect" | "data" | "secureConnect",
): Promise<Uint8Array | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | undefined>();
  const onClose = () => reject(dialError("ECONNRESET", "The server ended the connection"));
  socket.once(event, resolve).once("error", reject).once("close", onClose);
  return promise.finally(() => socket.off(event, resolve).off("error", reject).off("close", onClose));
}

/** SSLRequest of PostgreSQL's protocol: a length of 8, and the number 80877103. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/** Asks the server for TLS, which it answers by one byte. */
async function encrypt(socket: Socket, host: string, tls: TlsPlan): Promise<Socket> {
  const settings = await connectionOptions(host, tls);
  socket.write(SSL_REQUEST);
  const answer = await reached(socket, "data");
  const [first] = answer!;
  if (answer!.length === 1 && first === 0x4e) return withoutTls(socket, tls);
  // More than that byte would be taken for encrypted data (CVE-2021-23222).
  if (answer!.length > 1 || first !== 0x53) {
    throw notPostgres();
  }
  const secure = connectTls({ socket, ...settings });
  await reached(secure, "secureConnect");
  return secure;
}

/** The letters by which the first message of a server begins: what it asks for, an error, another version. */
const FIRST_LETTERS = [..."REv"].map((letter) => letter.charCodeAt(0));

/**
 * The same socket, which fails when what answers first is not PostgreSQL. postgres.js would wait for the rest of a message
 * that is none, and dial again and again.
 */
function expectingPostgres(socket: Socket): Socket {
  return socket.once("data", ([first]: Uint8Array) => {
    if (!FIRST_LETTERS.includes(first!)) socket.destroy(notPostgres());
  });
}

function notPostgres(): Error {
  return dialError("NOT_POSTGRES", "what answers there is not PostgreSQL");
}

function withoutTls(socket: Socket, { mode }: TlsPlan): Socket {
  if (mode === "prefer" || mode === "allow") return expectingPostgres(socket);
  throw dialError("NO_TLS", `the server has no TLS, and sslmode=${mode} asks for it`);
}

async function connectionOptions(
  host: string,
  { mode, rootCert, cert, key }: TlsPlan,
): Promise<ConnectionOptions> {
  const verifies = mode === "verify-ca" || mode === "verify-full";
  return {
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: verifies,
    ...(verifies && rootCert !== undefined ? { ca: await readPem(rootCert) } : {}),
    ...(cert === undefined ? {} : { cert: await readPem(cert) }),
    ...(key === undefined ? {} : { key: await readPem(key) }),
    checkServerIdentity: (_, certificate) =>
      mode === "verify-full" ? checkServerIdentity(host, certificate) : undefined,
  };
}

async function readPem(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw dialError("PEM_UNREADABLE", `the file ${file} can't be read (${(error as Error).name})`);
  }
}
