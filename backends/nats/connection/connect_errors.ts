/**
 * A connection that the server breaks off while it is being made can leave an error behind that nobody listens to: the
 * transport takes its listeners off the socket before it destroys it, and under Deno the socket then still reports the
 * reset. Unheard, such an error ends the process.
 * @module
 */

const LATE_MS = 50;

/** Connects, and keeps what the attempt that failed leaves behind from ending the process: a TLS alert tells the reason. */
export async function suppressingConnectErrors<T>(connect: () => Promise<T>): Promise<T> {
  let alert: unknown;
  const onError = (event: ErrorEvent) => {
    const { code, message = "" } = (event.error ?? {}) as { code?: string; message?: string };
    const isAlert = message.startsWith("received fatal alert");
    if (isAlert) alert = event.error;
    if (isAlert || code === "ECONNRESET") event.preventDefault();
  };
  globalThis.addEventListener("error", onError);
  try {
    return await connect();
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    throw alert ?? error;
  } finally {
    globalThis.removeEventListener("error", onError);
  }
}
