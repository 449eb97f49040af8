/** HTTP clients that take and give nothing, as many as a node allows and more. @module */

const request = (host: string, more = "") => `GET /health HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

/** What each of them sends, in turn: nothing, half a header, no body, many requests at once, another name, too much. */
const SENT: readonly string[] = [
  "",
  "GET /health HTTP/1.1\r\nX-",
  request("localhost", "Content-Length: 1000000\r\n"),
  request("localhost").repeat(200),
  request("evil.example").replace("/health", "/"),
  `GET /health HTTP/1.1\r\nX-Long: ${"x".repeat(20_000)}`,
];

/** Opens so many connections; those that the node closes stay closed. */
export async function openSlowClients(url: string, count: number): Promise<Disposable> {
  const { hostname, port } = new URL(url);
  const open = await Promise.all(Array.from({ length: count }, async (_, i) => {
    const socket = await Deno.connect({ hostname, port: Number(port) });
    // The node may have closed it again, to make room.
    await socket.write(new TextEncoder().encode(SENT[i % SENT.length])).catch(() => {});
    return socket;
  }));
  return {
    [Symbol.dispose]() {
      for (const socket of open) socket.close();
    },
  };
}
