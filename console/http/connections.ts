/** The bound on open connections: when it is reached, the one that has waited longest for its client makes room. @module */
import type { Buffer } from "node:buffer";
import type { Server } from "node:http";
import type { Socket } from "node:net";

interface ConnectionBounds {
  /** Open at once. */
  readonly connections: number;
  /** Taken from one connection before it is closed. */
  readonly requestsPerConnection: number;
  /** Answered at once for one connection, which is closed then: what a client may send ahead of its answers. */
  readonly requestsAhead: number;
}

/** Requests of a connection: all of them, those that are being answered, and whether no more are taken. */
type RequestCounts = { taken: number; answering: number; spent: boolean };

const END_OF_HEADER = "\r\n\r\n";

/**
 * Keeps the parser from requests beyond the bound: it takes 64 KB at a time, two thousand requests, and nothing else of the
 * node is done meanwhile. 50 connections with 200 each held it up for 0.5 to 1 s.
 */
function limitParsing(socket: Socket, requests: number): void {
  const [parse] = socket.listeners("data") as ((part: Uint8Array) => void)[];
  if (parse === undefined) return;
  socket.removeListener("data", parse);
  socket.on("data", (received: Buffer) => {
    const end = endOfRequests(received, requests);
    parse(received.subarray(0, end));
    if (end < received.length) socket.pause();
  });
}

/** Where so many requests end; the whole length when there are fewer. */
function endOfRequests(received: Buffer, requests: number): number {
  let end = 0;
  for (let n = 0; n < requests; n++) {
    const at = received.indexOf(END_OF_HEADER, end);
    if (at === -1) return received.length;
    end = at + END_OF_HEADER.length;
  }
  return end;
}

/** Closes a connection when what was written to it is sent. The sockets of servers of Deno before 2.9 have no such method. */
export function closeSoon(socket: Socket): void {
  const close: (() => void) | undefined = socket.destroySoon;
  (close ?? socket.destroy).call(socket);
}

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
    // Deno before 2.9, on which a program may be compiled, tells of a connection only with its first request.
    if (!this.#open.has(socket) && !socket.destroyed) this.#admit(socket);
    const counts = this.#open.get(socket);
    if (counts === undefined || this.#isSpent(counts)) {
      socket.pause();
      return { isAnswered: false, isKept: false };
    }
    counts.taken++;
    counts.answering++;
    return { isAnswered: true, isKept: !this.#isClosing && !this.#isSpent(counts) };
  }

  /** Its last answer closes the connection, so it is never reused. */
  #isSpent(counts: RequestCounts): boolean {
    const { requestsPerConnection, requestsAhead } = this.#bounds;
    counts.spent ||= counts.taken >= requestsPerConnection || counts.answering >= requestsAhead;
    return counts.spent;
  }

  /** The answer is handed to the connection, which waits for its client from here on. */
  end(socket: Socket): void {
    const counts = this.#open.get(socket);
    if (counts !== undefined) counts.answering--;
    if (this.#isClosing) closeSoon(socket);
  }

  /** Closes what waits for its client; a request that is being answered closes its connection when it is done. */
  closeWaiting(): void {
    this.#isClosing = true;
    for (const [socket, { answering }] of this.#open) {
      if (answering === 0) closeSoon(socket);
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
    limitParsing(socket, this.#bounds.requestsAhead);
    if (this.#open.size >= this.#bounds.connections) this.#makeRoom(socket);
    if (!socket.destroyed) this.#open.set(socket, { taken: 0, answering: 0, spent: false });
  }

  /** A probe sends its request at once, so the newcomer is taken in, unless all others are being answered. */
  #makeRoom(newcomer: Socket): void {
    const waiting = this.#open.entries().find(([, { answering }]) => answering === 0)?.[0];
    if (waiting !== undefined) this.#open.delete(waiting);
    (waiting ?? newcomer).destroy();
  }
}
