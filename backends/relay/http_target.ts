/**
 * CloudEvents to an HTTP endpoint, one a request or many, in order within each case. At least once: the id of an event, which is
 * always the same, tells its receiver what came before.
 * @module
 */
import { BATCH, STRUCTURED } from "../../schema/cloudevents/bindings.ts";
import { mapConcurrently } from "../primitives/concurrency.ts";
import {
  type OpenedTarget,
  type OutgoingEvent,
  type RefusedEvent,
  type RelayTarget,
  type SendResult,
  TargetStopped,
  TargetUnavailable,
} from "./target.ts";
import { signatureHeaders } from "./webhook_signature.ts";

export interface HttpTargetOptions {
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

/** Requests under way, each of another case. */
const AT_ONCE = 8;
/** Events of one request at most. */
const BATCH_EVENTS = 100;
const GONE = 410;
/** Answers that say nothing of the event: the endpoint is busy, is not there yet, or does not know who asks. */
const LATER: readonly number[] = [401, 403, 404, 405, 407, 408, 421, 423, 425, 429];

export class HttpTarget implements RelayTarget {
  readonly #options: HttpTargetOptions;

  constructor(options: HttpTargetOptions) {
    this.#options = options;
  }

  open(): Promise<OpenedTarget> {
    return Promise.resolve({});
  }

  async send(events: readonly OutgoingEvent[]): Promise<SendResult> {
    const refused = this.#options.mode === "batch"
      ? await this.#sendBatches(events)
      : await this.#sendEach(events);
    return { refused };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #sendEach(events: readonly OutgoingEvent[]): Promise<RefusedEvent[]> {
    const cases = [...Map.groupBy(events, ({ stored }) => stored.event.correlation_id).values()];
    return (await mapConcurrently(AT_ONCE, cases, (own) => this.#sendCase(own))).flat();
  }

  /** Behind one that is refused the others of its case wait. */
  async #sendCase(events: readonly OutgoingEvent[]): Promise<RefusedEvent[]> {
    for (const [i, event] of events.entries()) {
      const fault = await this.#post([event]);
      if (fault !== undefined) return behind(events.slice(i), fault);
    }
    return [];
  }

  async #sendBatches(events: readonly OutgoingEvent[]): Promise<RefusedEvent[]> {
    const refused: RefusedEvent[] = [];
    for (let at = 0; at < events.length; at += BATCH_EVENTS) {
      const held = new Set(refused.map(({ event }) => event.stored.event.correlation_id));
      const batch = events.slice(at, at + BATCH_EVENTS);
      const waiting = batch.filter(({ stored }) => held.has(stored.event.correlation_id));
      refused.push(...waiting.map(waits));
      refused.push(...await this.#sendBatch(batch.filter((event) => !waiting.includes(event))));
    }
    return refused;
  }

  /** A batch that is refused is sent in halves, until the event is found that is at fault. */
  async #sendBatch(events: readonly OutgoingEvent[]): Promise<RefusedEvent[]> {
    if (events.length === 0) return [];
    const fault = await this.#post(events);
    if (fault === undefined) return [];
    if (events.length === 1) return behind(events, fault);
    const half = events.length >> 1;
    const first = await this.#sendBatch(events.slice(0, half));
    const held = new Set(first.map(({ event }) => event.stored.event.correlation_id));
    const isHeld = ({ stored }: OutgoingEvent) => held.has(stored.event.correlation_id);
    const rest = events.slice(half);
    return [
      ...first,
      ...rest.filter(isHeld).map(waits),
      ...await this.#sendBatch(rest.filter((each) => !isHeld(each))),
    ];
  }

  /** Returns why the events are refused; undefined when they arrived. */
  async #post(events: readonly OutgoingEvent[]): Promise<string | undefined> {
    const answer = await this.#request(events);
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

  async #request(events: readonly OutgoingEvent[]): Promise<Response> {
    const { url, mode, key, headers = {}, deadlineMs = 30_000 } = this.#options;
    const isBatch = mode === "batch";
    const body = JSON.stringify(isBatch ? events.map(({ shown }) => shown) : events[0]!.shown);
    const signature = key && signatureHeaders(key, events[0]!.shown.id, Math.floor(Date.now() / 1_000), body);
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
}

function behind([first, ...rest]: readonly OutgoingEvent[], reason: string): RefusedEvent[] {
  return first === undefined ? [] : [{ event: first, reason }, ...rest.map(waits)];
}

function waits(event: OutgoingEvent): RefusedEvent {
  return { event, reason: "waits behind another one of its case" };
}

const LONGEST_WAIT_MS = 3_600_000;

/** Seconds, or a date. */
function retryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_WAIT_MS) : undefined;
}
