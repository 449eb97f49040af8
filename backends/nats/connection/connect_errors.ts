/**
 * Keeps a failed connection attempt from ending the process. When the server breaks off a connection that is being made,
 * the transport removes its listeners from the socket before it destroys it; under Deno the socket then still reports the
 * reset, and an error without a listener ends the process.
 * @module
 */
import { delay } from "@std/async/delay";
import { tolerateUncaught } from "../../primitives/uncaught.ts";

/** How long after a failed attempt the socket may still report an error. */
const LATE_MS = 50;

/** Connects, and swallows late errors of a failed attempt. A TLS alert among them is thrown: it says why. */
export async function suppressingConnectErrors<T>(connect: () => Promise<T>): Promise<T> {
  let alert: unknown;
  const stop = tolerateUncaught((error) => {
    const { code, message = "" } = (error ?? {}) as { code?: string; message?: string };
    const isAlert = message.startsWith("received fatal alert");
    if (isAlert) alert = error;
    return isAlert || code === "ECONNRESET";
  });
  try {
    return await connect();
  } catch (error) {
    await delay(LATE_MS);
    throw alert ?? error;
  } finally {
    stop();
  }
}
