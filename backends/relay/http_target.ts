/**
 * CloudEvents to an HTTP endpoint, one a request or many, in order within each case. At least once: the id of an event, which is
 * always the same, tells its receiver what came before.
 * @module
 */
import { mapConcurrently } from "../primitives/concurrency.ts";
import { BATCH_EVENTS, type HttpEndpoint, postEvents } from "./http_post.ts";
import type { OpenedTarget, OutgoingEvent, RefusedEvent, RelayTarget, SendResult } from "./target.ts";

/** Requests under way, each of another case. */
const AT_ONCE = 8;

export class HttpTarget implements RelayTarget {
  readonly #options: HttpEndpoint;

  constructor(options: HttpEndpoint) {
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

  #post(events: readonly OutgoingEvent[]): Promise<string | undefined> {
    return postEvents(this.#options, events.map(({ shown }) => shown));
  }
}

function behind([first, ...rest]: readonly OutgoingEvent[], reason: string): RefusedEvent[] {
  return first === undefined ? [] : [{ event: first, reason }, ...rest.map(waits)];
}

function waits(event: OutgoingEvent): RefusedEvent {
  return { event, reason: "waits behind another one of its case" };
}
