/**
 * The load of a run: generated cases at a rate, some of them with payments behind the intake, so that a case has several
 * deliveries for one processor. Several appends are under way at once, small ones beside large ones. @module
 */
import type { Backend } from "../../../backends/backend.ts";
import { BackendUnusable } from "../../../backends/errors.ts";
import { delayOrAbort, endsWithin } from "../../../backends/primitives/concurrency.ts";
import { retryWhileUnavailable } from "../../../backends/primitives/retry.ts";
import { withTwoDecimals } from "../../../schema/codec.ts";
import { eventTypes, type WireEvent } from "../../../schema/events.ts";
import { reproducibleRootId } from "../../../schema/ids.ts";
import { generateCases } from "../../case_generator.ts";
import { Random } from "../../cases/random.ts";
import type { PoisonEvent } from "../../proof/history.ts";
import type { FailureMark } from "../node/fault_hooks.ts";

/** One of this many cases has payments. */
const CASES_PER_PAYING_CASE = 3;
const PAYMENTS = 3;
const STEP_MS = 50;
/** Appends under way at once. */
const CONCURRENT_APPENDS = 4;

export class Producer {
  readonly accepted: string[] = [];
  readonly poison: PoisonEvent[] = [];
  readonly flaky: string[] = [];
  /** Appends that ended with an error which no waiting mends. */
  readonly failures: string[] = [];
  /** Everything that was sent, by its id. */
  readonly #sent = new Map<string, WireEvent>();
  /** Sent, and not acknowledged yet. */
  readonly #inFlight = new Map<string, Promise<void>>();
  #backend: Backend;
  readonly #random: Random;
  readonly #cases: Generator<{ event: WireEvent }>;
  readonly #stopping = new AbortController();
  readonly #perSecond: number;
  #waiting: WireEvent[] = [];
  #running: Promise<void> | undefined;

  constructor(backend: Backend, { seed, perSecond }: { seed: string; perSecond: number }) {
    this.#backend = backend;
    this.#perSecond = perSecond;
    this.#random = new Random(seed, "producer");
    // From now on: so that no term has expired before its case came in.
    this.#cases = generateCases({ seed, count: Infinity, from: new Date().toISOString() });
  }

  /** Ids that were sent and have no acknowledgement. */
  get unacknowledged(): string[] {
    return [...this.#inFlight.keys()].flatMap((key) => key.split(","));
  }

  /** From now on the store is reached by this one. */
  use(backend: Backend): void {
    this.#backend = backend;
  }

  /** Sends again what was acknowledged and is not there: it was stored after the last moment that was kept. Returns how much. */
  sendAgain(isStored: (id: string) => boolean): number {
    const missing = this.accepted.filter((id) => !isStored(id));
    const kept = this.accepted.filter(isStored);
    this.accepted.splice(0, Infinity, ...kept);
    for (const id of missing) this.append([this.#sent.get(id)!]);
    return missing.length;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Sends no more, and waits until everything that was sent is acknowledged, or for this long. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await endsWithin(Promise.all(this.#inFlight.values()), withinMs);
  }

  async #run(): Promise<void> {
    const began = performance.now();
    let sent = 0;
    while (!this.#stopping.signal.aborted) {
      const due = (performance.now() - began) / 1000 * this.#perSecond - sent;
      // While appends hang, the load does not pile up: that would only be one more fault.
      if (due >= 1 && this.#inFlight.size < CONCURRENT_APPENDS) sent += this.#sendSome(Math.floor(due));
      else if (due > this.#perSecond) sent += Math.floor(due);
      await delayOrAbort(STEP_MS / CONCURRENT_APPENDS, this.#stopping.signal);
    }
  }

  /** An append of a size drawn at random. */
  #sendSome(due: number): number {
    const size = this.#random.chance(0.5) ? Math.min(due, 1 + this.#random.below(5)) : due;
    while (this.#waiting.length < size) this.#waiting.push(...this.takeCase());
    this.append(this.#waiting.splice(0, size));
    return size;
  }

  /** The events of one more case, to be appended in another way. */
  takeCase(): WireEvent[] {
    const event = withTwoDecimals(this.#cases.next().value.event);
    if (!this.#random.chance(1 / CASES_PER_PAYING_CASE)) return [event];
    return [event, ...Array.from({ length: PAYMENTS }, (_, n) => payment(event, n))];
  }

  /** Sends a case with a marked event and `behind` more; returns `later` others, to be sent later. */
  appendScripted(mark: FailureMark, behind: number, later = 0): { id: string; later: WireEvent[] } {
    const intake = withTwoDecimals(this.#cases.next().value.event);
    const first = payment(intake, 0);
    const marked = { ...first, data: { ...first.data, chaos: mark } };
    const others = Array.from({ length: behind + later }, (_, n) => payment(intake, n + 1));
    const { event_id: eventId } = marked;
    if (mark.act === "fail_twice") this.flaky.push(eventId);
    else this.poison.push({ eventId, error: mark.act === "throw" ? "Error" : undefined });
    this.append([intake, marked, ...others.slice(0, behind)]);
    return { id: marked.event_id, later: others.slice(behind) };
  }

  append(events: readonly WireEvent[]): void {
    const ids = events.map(({ event_id }) => event_id);
    const key = ids.join(",");
    for (const event of events) this.#sent.set(event.event_id, event);
    // With these ids it is safe to ask again and again: what is stored already is not stored twice.
    const appended = this.#untilStored(events).then(() => {
      this.accepted.push(...ids);
      this.#inFlight.delete(key);
    }).catch((error) => void this.failures.push(`the producer: ${error}`));
    this.#inFlight.set(key, appended);
  }

  async #untilStored(events: readonly WireEvent[]): Promise<void> {
    const never = new AbortController();
    for (;;) {
      try {
        return void await retryWhileUnavailable(() => this.#backend.append(events), never.signal);
      } catch (error) {
        // A disk that is full is emptied again.
        if (!(error instanceof BackendUnusable)) throw error;
        await delayOrAbort(100, never.signal);
      }
    }
  }
}

/** Payment `n` of a case, reported by the creditor. */
function payment({ event_id, timestamp, correlation_id }: WireEvent, n: number): WireEvent {
  return withTwoDecimals({
    event_id: reproducibleRootId(Date.parse(timestamp), event_id, "chaos_payment", n),
    event_type: "case.payment_received",
    timestamp,
    correlation_id,
    data: { case_id: correlation_id, amount: 10, reference: `payment ${n}` },
    metadata: { schema_version: eventTypes["case.payment_received"].version },
  });
}
