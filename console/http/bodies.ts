/** Bodies of requests and answers, within bounds: what a client sends and how long it takes, and what it reads. @module */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";

/** A form of the console takes a few kilobytes; a request of the API may hold some hundred events. */
const FORM_BYTES = 65_536;
const API_BYTES = 1_048_576;
const BODY_MS = 5_000;

/** The body of a request; undefined for one that is too long, or takes too long. */
export async function readBody(
  request: IncomingMessage,
  path: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const ended = new AbortController();
  const late = delayOrAbort(BODY_MS, ended.signal).then(() => undefined);
  try {
    const most = path.startsWith("/api/") ? API_BYTES : FORM_BYTES;
    return await Promise.race([collect(request, most), late]);
  } catch {
    return undefined;
  } finally {
    ended.abort();
  }
}

async function collect(
  request: IncomingMessage,
  most: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

/**
 * Writes a stream as it comes, and no faster than its client reads: what waits meanwhile is for its source to bound. Ends with the
 * stream, or when the client is gone.
 */
export async function writeStream(to: ServerResponse, body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const gone = new AbortController();
  to.once("close", () => {
    gone.abort();
    reader.cancel().catch(() => {});
  });
  to.flushHeaders();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || gone.signal.aborted) break;
    if (!to.write(value)) await once(to, "drain", { signal: gone.signal }).catch(() => {});
  }
  to.end();
}
