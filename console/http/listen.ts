/** Listening on an address, and what is said when that can't be. @module */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** The address can't be listened on. One line, with what to do. */
export class ListenError extends Error {
  override name = "ListenError";
}

/** Names and addresses that only this machine reaches. */
export const LOOPBACK_HOSTS: readonly string[] = ["localhost", "127.0.0.1", "::1"];

/** Whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  const name = bare(host).toLowerCase();
  return LOOPBACK_HOSTS.includes(name) || /^127(\.\d+){3}$/.test(name);
}

/** One line on what an address opens to other machines; undefined for the loopback. */
export function exposureWarning(host: string): string | undefined {
  if (isLoopback(host)) return undefined;
  return `Listening on ${host}: whoever reaches this address reads /health and /metrics (figures and the node's name), without a password or TLS`;
}

/**
 * Connections that wait to be accepted. At the default of 511 a flood makes the system drop the first packet of a probe,
 * which is sent again after a second: the worst of 40 probes took 1.1 to 2.2 s, at this 0.3 to 0.45 s.
 */
const BACKLOG = 4_096;

/** Returns when connections are taken. Throws ListenError. */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  requirePermission(host, port);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: bare(host), backlog: BACKLOG }, () => resolve());
    });
  } catch (error) {
    throw new ListenError(listenErrorText(error, host, port), { cause: error });
  }
  return server.address() as AddressInfo;
}

/** Asked before, for `node:http` throws a missing permission outside of any caller. An empty host would mean all of them. */
function requirePermission(host: string, port: number): void {
  if (port > 65_535) {
    throw new ListenError(`There is no port ${port}: choose one from 0 to 65535 with --port`);
  }
  try {
    const net = { name: "net", host: `${inUrl(host)}:${port}` } as const;
    if (Deno.permissions.requestSync(net).state === "granted" && host !== "") return;
  } catch {
    /* Not the form of a host: as one that does not exist. */
    throw new ListenError(unknownHostText(host));
  }
  if (host === "") throw new ListenError(unknownHostText(host));
  throw new ListenError(
    `Listening on ${host} port ${port} is not permitted: run with --allow-net=${inUrl(host)}:${port}`,
  );
}

function listenErrorText(error: unknown, host: string, port: number): string {
  const code = (error as { code?: unknown }).code;
  if (code === "EADDRINUSE") return `Port ${port} on ${host} is taken: choose another with --port`;
  if (code === "EACCES") {
    return `The system does not allow port ${port} on ${host}: choose one above 1023 with --port`;
  }
  return unknownHostText(host);
}

const unknownHostText = (host: string) =>
  `${host} is not an address of this machine: choose another with --host`;

/** An IPv6 address without and with the brackets it has in a URL. */
export const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");
export const inUrl = (host: string): string => bare(host).includes(":") ? `[${bare(host)}]` : host;
