/**
 * Reports to the service manager that started the program: systemd's notify protocol, a datagram to the socket it names.
 * The node sends it, and not its guardian: only the node knows that it is ready and that its loop turns. The unit therefore
 * has `NotifyAccess=all`.
 * @module
 */
import { join } from "node:path";

/** What a node reports of its life. */
export interface ServiceManager {
  /** The node is ready, the first time or again. */
  ready(status: string): void;
  /** It was asked to stop, and does so in order. A manager expects the whole program to end soon after this. */
  stopping(status: string): void;
  close(): void;
}

const none: ServiceManager = { ready() {}, stopping() {}, close() {} };

/** What the manager says in the environment. */
interface NotifySettings {
  readonly socket: string;
  /** How often a sign of life is sent: twice as often as is asked for. Undefined where none is. */
  readonly watchdogMs: number | undefined;
}

/** The manager of this process; one that does nothing where there is none, or its socket can't be used. */
export async function connectServiceManager(onRefused: (line: string) => void): Promise<ServiceManager> {
  const settings = notifySettings((name) => Deno.env.get(name));
  if (settings === undefined) return none;
  try {
    return await SystemdManager.open(settings);
  } catch (error) {
    onRefused(`Cannot report to the service manager at ${settings.socket}: ${(error as Error).message}`);
    return none;
  }
}

/** Undefined where no service manager listens. */
export function notifySettings(variable: (name: string) => string | undefined): NotifySettings | undefined {
  const socket = variable("NOTIFY_SOCKET") ?? "";
  if (socket === "") return undefined;
  const watchdogMs = Number(variable("WATCHDOG_USEC") ?? NaN) / 2_000;
  return { socket, watchdogMs: watchdogMs > 0 ? watchdogMs : undefined };
}

class SystemdManager implements ServiceManager {
  readonly #encoder = new TextEncoder();
  readonly #watchdog: ReturnType<typeof setInterval> | undefined;

  /**
   * The loop shows that it turns from the start on, ready or not: a node that was started again after a crash waits for its
   * store, and the manager has counted since the node before it was ready.
   */
  private constructor(readonly connection: Deno.DatagramConn, readonly settings: NotifySettings) {
    const { watchdogMs } = settings;
    if (watchdogMs === undefined) return;
    this.#watchdog = setInterval(() => this.#send("WATCHDOG=1"), watchdogMs);
    Deno.unrefTimer(this.#watchdog);
  }

  /** The socket is bound to a name, because Deno has none without, which is removed at once. */
  static async open(settings: NotifySettings): Promise<SystemdManager> {
    const directory = await Deno.makeTempDir({ prefix: "zaakstroom-notify-" });
    try {
      const path = join(directory, "socket");
      return new SystemdManager(Deno.listenDatagram({ transport: "unixpacket", path }), settings);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  }

  ready(status: string): void {
    this.#send("READY=1", `STATUS=${status}`);
  }

  stopping(status: string): void {
    this.#send("STOPPING=1", `STATUS=${status}`);
  }

  close(): void {
    clearInterval(this.#watchdog);
    this.connection.close();
  }

  /** A manager that is away for a moment misses a message; the next one comes. */
  #send(...lines: readonly string[]): void {
    const message = this.#encoder.encode(lines.join("\n"));
    const address = { transport: "unixpacket", path: this.settings.socket } as const;
    this.connection.send(message, address).catch(() => {});
  }
}
