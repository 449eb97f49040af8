/** The bound on open connections: when it is reached, the one that has waited longest for its client makes room. @module */
import type { Server } from "node:http";
import type { Socket } from "node:net";

interface ConnectionBounds {
  /** Open at once. */
  readonly connections: number;
  /** Taken from one connection before it is closed: also what a client can send ahead of its answers. */
  readonly requestsPerConnection: number;
}

/** Requests of a connection: all of them, and those that are being answered. */
type RequestCounts = { taken: number; answering: number };

/** The open connections of a server, oldest first. */
export class ConnectionLimit {
  readonly #bounds: ConnectionBounds;
  readonly #open = new Map<Socket, RequestCounts>();
  #isClosing = false;

  constructor(server: Server, bounds: ConnectionBounds) {
    this.#bounds = bounds;
    server.on("connection", (socket: Socket) => this.#admit(socket));
  }

  /** Counts a request. Returns whether it is answered, and whether its connection is kept after that. */
  begin(socket: Socket): { isAnswered: boolean; isKept: boolean } {
    const counts = this.#open.get(socket);
    const isAnswered = counts !== undefined && ++counts.taken <= this.#bounds.requestsPerConnection;
    if (isAnswered) counts.answering++;
    else socket.pause();
    return {
      isAnswered,
      isKept: isAnswered && !this.#isClosing && counts.taken < this.#bounds.requestsPerConnection,
    };
  }

  /** The answer is handed to the connection, which waits for its client from here on. */
  end(socket: Socket): void {
    const counts = this.#open.get(socket);
    if (counts !== undefined) counts.answering--;
    if (this.#isClosing) socket.destroySoon();
  }

  /** Closes what waits for its client; a request that is being answered closes its connection when it is done. */
  closeWaiting(): void {
    this.#isClosing = true;
    for (const [socket, { answering }] of this.#open) {
      if (answering === 0) socket.destroySoon();
    }
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #admit(socket: Socket): void {
    // A reset by the client is its own affair; without a listener it would end the node.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#open.delete(socket));
    if (this.#open.size >= this.#bounds.connections) this.#makeRoom(socket);
    if (!socket.destroyed) this.#open.set(socket, { taken: 0, answering: 0 });
  }

  /** A probe sends its request at once, so the newcomer is taken in, unless all others are being answered. */
  #makeRoom(newcomer: Socket): void {
    const waiting = this.#open.entries().find(([, { answering }]) => answering === 0)?.[0];
    if (waiting !== undefined) this.#open.delete(waiting);
    (waiting ?? newcomer).destroy();
  }
}
