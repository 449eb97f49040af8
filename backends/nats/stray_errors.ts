/**
 * A connection that the server breaks off while it is being made can leave an error behind that nobody listens to: the
 * transport takes its listeners off the socket before it destroys it, and under Deno the socket then still reports the
 * reset. Unheard, such an error ends the process.
 * @module
 */

const LATE_MS = 50;

/** Connects, and keeps a reset of the attempt that failed from ending the process. */
export async function withoutStrayErrors<T>(connecting: () => Promise<T>): Promise<T> {
  const hear = (event: ErrorEvent) => {
    if ((event.error as { code?: string } | null)?.code === "ECONNRESET") event.preventDefault();
  };
  globalThis.addEventListener("error", hear);
  try {
    return await connecting();
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    throw error;
  } finally {
    globalThis.removeEventListener("error", hear);
  }
}
