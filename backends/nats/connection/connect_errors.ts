/**
 * Keeps a failed connection attempt from ending the process. When the server breaks off a connection that is being made,
 * at first or after a loss, the transport removes its listeners from the socket before it destroys it; under Deno the
 * socket then still reports the reset, and an error without a listener ends the process.
 * @module
 */
import { delay } from "@std/async/delay";
import { tolerateUncaught } from "../../primitives/uncaught.ts";

/** How long after a failed attempt the socket may still report an error. */
const LATE_MS = 50;

const RESET = ["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT"];

/** Swallows late errors of sockets until the returned function is called. */
export function tolerateSocketErrors(onAlert: (error: unknown) => void = () => {}): () => void {
  return tolerateUncaught((error) => {
    const { code = "", message = "" } = (error ?? {}) as { code?: string; message?: string };
    const isAlert = message.startsWith("received fatal alert");
    if (isAlert) onAlert(error);
    return isAlert || RESET.includes(code);
  });
}

/** Resolves when no socket of a failed attempt reports an error any more. */
export function lateErrorsOver(): Promise<void> {
  return delay(LATE_MS);
}

/** Connects, and swallows late errors of a failed attempt. A TLS alert among them is thrown: it says why. */
export async function suppressingConnectErrors<T>(connect: () => Promise<T>): Promise<T> {
  let alert: unknown;
  const stop = tolerateSocketErrors((error) => alert = error);
  try {
    return await connect();
  } catch (error) {
    await lateErrorsOver();
    throw alert ?? error;
  } finally {
    stop();
  }
}
