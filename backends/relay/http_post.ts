/** Posts CloudEvents to an HTTP endpoint, one or a batch, and reads what its answer says of them. @module */
import { BATCH, STRUCTURED } from "../../schema/cloudevents/bindings.ts";
import type { CloudEvent } from "../../schema/cloudevents/cloud_event.ts";
import { TargetStopped, TargetUnavailable } from "./target.ts";
import { signatureHeaders } from "./webhook_signature.ts";

export interface HttpEndpoint {
  readonly url: string;
  /** `batch`: many events a request, which then stand in one order. */
  readonly mode: "structured" | "batch";
  /** Signs every request. */
  readonly key?: Uint8Array | undefined;
  /** Sent with every request, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a request may take. Default 30,000. */
  readonly deadlineMs?: number;
}

/** Events of one request at most. */
export const BATCH_EVENTS = 100;
const GONE = 410;
/** Answers that say nothing of the event: the endpoint is busy, is not there yet, or does not know who asks. */
const LATER: readonly number[] = [401, 403, 404, 405, 407, 408, 421, 423, 425, 429];

/** Returns why the events are refused; undefined when they arrived. Throws TargetUnavailable and TargetStopped. */
export async function postEvents(
  endpoint: HttpEndpoint,
  events: readonly CloudEvent[],
): Promise<string | undefined> {
  const answer = await request(endpoint, events);
  await answer.body?.cancel();
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  if (status === GONE) throw new TargetStopped("the endpoint answers 410: it is gone");
  if (status < 400 || status >= 500 || LATER.includes(status)) {
    const retryAfterMs = retryAfter(answer.headers.get("retry-after"));
    throw new TargetUnavailable(`the endpoint answers ${status}`, { retryAfterMs });
  }
  return `the endpoint answers ${status}`;
}

async function request(
  { url, mode, key, headers = {}, deadlineMs = 30_000 }: HttpEndpoint,
  events: readonly CloudEvent[],
): Promise<Response> {
  const isBatch = mode === "batch";
  const body = JSON.stringify(isBatch ? events : events[0]!);
  const signature = key && signatureHeaders(key, events[0]!.id, Math.floor(Date.now() / 1_000), body);
  try {
    return await fetch(url, {
      method: "POST",
      headers: {
        ...headers,
        "content-type": `${isBatch ? BATCH : STRUCTURED}; charset=utf-8`,
        ...signature,
      },
      body,
      // What is behind a redirect was not asked for, and may be anybody's.
      redirect: "manual",
      signal: AbortSignal.timeout(deadlineMs),
    });
  } catch (error) {
    throw new TargetUnavailable("the endpoint can't be reached", { cause: error });
  }
}

const LONGEST_WAIT_MS = 3_600_000;

/** Seconds, or a date. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_WAIT_MS) : undefined;
}
