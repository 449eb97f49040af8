/** The network between a node and the store: slow, sometimes cut, and never sure whether a request was applied. @module */
import type { Backend } from "../../backends/backend.ts";
import { Fenced, type Mailbox, type ProcessorSpec, type Settlement } from "../../backends/mailbox/mailbox.ts";
import { BackendUnavailable } from "../../backends/errors.ts";
import type { Batch } from "../../backends/mailbox/batch.ts";
import type { Permits } from "../../backends/primitives/priority_semaphore.ts";
import type { Random } from "../cases/random.ts";
import type { SimulationHistory } from "./history.ts";
import { override } from "../../backends/primitives/override.ts";
import { Process, type SimulatedTime } from "./simulated_time.ts";

/** What a link joins to the store, and what is to go wrong on it. */
interface LinkContext {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly process: Process;
  readonly random: Random;
  readonly history: SimulationHistory;
  takeFault(kind: "lost_request" | "lost_reply" | "duplicate"): unknown;
}

const MEAN_LATENCY_MS = 2;
/** So long until whoever asked gives up on an answer. */
const CALL_TIMEOUT_MS = 60;

export class SimulatedLink {
  /** The part of a backend's client that waits by itself: for news, and to renew its leases. */
  readonly client: Process;
  readonly context: LinkContext;
  /** Reasons for which nothing comes through. */
  cuts = 0;
  /** Messages take up to so much longer. */
  extraMs = 0;

  constructor(context: LinkContext) {
    this.context = context;
    this.client = new Process(`${context.name}'s client`);
  }

  cut(): void {
    this.cuts++;
    this.context.time.pause(this.client);
  }

  heal(): void {
    this.cuts--;
    this.context.time.resume(this.client);
  }

  /** One way. */
  latency(): number {
    const { random } = this.context;
    return random.uniform() * (MEAN_LATENCY_MS + random.uniform() * this.extraMs);
  }

  /** Asks the store for something. Rejects with BackendAway when the request or the answer is lost on the way. */
  call<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { time, process } = this.context;
    // What was sent is on its way, whatever becomes of the sender; a lease is given back as soon as that is possible.
    const carrier = what === "close" ? this.client : time.outside;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (act: () => void) => {
      if (this.#loses("lost_reply", what)) this.#failUnanswered(what, reject);
      else time.after(this.latency(), process, act);
    };
    time.after(this.latency(), carrier, () => {
      if (this.#loses("lost_request", what)) return this.#failUnanswered(what, reject);
      work().then((value) => answer(() => resolve(value)), (error) => answer(() => reject(error)));
    });
    if (this.cuts > 0 && what === "close") this.#failUnanswered(what, reject);
    return promise;
  }

  #failUnanswered(what: string, reject: (error: BackendUnavailable) => void): void {
    const { time, process } = this.context;
    time.after(
      CALL_TIMEOUT_MS,
      process,
      () => reject(new BackendUnavailable(`simulated: no answer to ${what}`)),
    );
  }

  #loses(leg: "lost_request" | "lost_reply", what: string): boolean {
    return this.cuts > 0 || what === "settle" && this.context.takeFault(leg) !== undefined;
  }

  /** Brings what a mailbox read to the node. */
  async carry(): Promise<void> {
    const { time, process } = this.context;
    const { promise, resolve } = Promise.withResolvers<void>();
    time.after(this.latency(), process, resolve);
    await promise;
    this.requireConnected("read");
  }

  requireConnected(what: string): void {
    if (this.cuts > 0) throw new BackendUnavailable(`simulated: no answer to ${what}`);
  }
}

/** The backend as a node sees it through its link. */
export function linkedBackend(backend: Backend, link: SimulatedLink, gauge: InFlightGauge): Backend {
  return override(backend, {
    append: (events, expected) => link.call("append", () => backend.append(events, expected)),
    mailboxes: (processor, signal) => linkedMailboxes(backend, link, gauge, processor, signal),
    health: () => link.call("health", () => backend.health()),
  });
}

/** Once a lease is won its mailbox reaches the node, however long that takes: nobody else would close it. */
async function* linkedMailboxes(
  backend: Backend,
  link: SimulatedLink,
  gauge: InFlightGauge,
  processor: ProcessorSpec,
  signal: AbortSignal,
): AsyncGenerator<Mailbox> {
  link.requireConnected("mailboxes");
  for await (const mailbox of backend.mailboxes(processor, signal)) {
    await link.carry().catch(() => {});
    yield linkedMailbox(mailbox, link, gauge);
    link.requireConnected("mailboxes");
  }
}

/** What a node has in memory, and the most it ever had. */
export class InFlightGauge {
  batches = 0;
  bytes = 0;
  mostBatches = 0;
  mostBytes = 0;

  add(batches: number, bytes: number): void {
    this.batches += batches;
    this.bytes += bytes;
    this.mostBatches = Math.max(this.mostBatches, this.batches);
    this.mostBytes = Math.max(this.mostBytes, this.bytes);
  }
}

function linkedMailbox(mailbox: Mailbox, link: SimulatedLink, gauge: InFlightGauge): Mailbox {
  const { time, process, history, name } = link.context;
  const { processor, partition, epoch } = mailbox;
  const lost = new AbortController();
  const lose = () => void time.after(0, process, () => lost.abort());
  if (mailbox.revoked.aborted) lose();
  mailbox.revoked.addEventListener("abort", lose);
  history.record(`${name} has ${processor} ${partition} under ${epoch}`);
  return override(mailbox, {
    revoked: lost.signal,
    markInFlight: (mark) => link.call("begin", () => mailbox.markInFlight(mark)),
    batches: (signal, permits) => linkedBatches(mailbox, link, gauge, signal, permits),
    settle: (batch, settlement) => linkedSettle(mailbox, link, batch, settlement),
    histories: (needs, types) => link.call("histories", () => mailbox.histories(needs, types)),
    close: () => link.call("close", () => mailbox.close()),
  });
}

async function* linkedBatches(
  mailbox: Mailbox,
  link: SimulatedLink,
  gauge: InFlightGauge,
  signal: AbortSignal,
  permits?: Permits,
): AsyncGenerator<Batch> {
  for await (const batch of mailbox.batches(signal, permits)) {
    gauge.add(1, batch.lines.length);
    try {
      await link.carry();
      yield batch;
      if (link.context.takeFault("duplicate") !== undefined) yield batch;
    } finally {
      gauge.add(-1, -batch.lines.length);
    }
  }
}

/** Once the answer is there, the node knows what it has to tell. */
async function linkedSettle(
  mailbox: Mailbox,
  link: SimulatedLink,
  batch: Batch,
  settlement: Settlement,
): Promise<void> {
  const { history, name } = link.context;
  const { processor, partition, epoch } = mailbox;
  try {
    await link.call("settle", () => mailbox.settle(batch, settlement));
  } catch (error) {
    if (error instanceof Fenced) history.recordExpected(name, `fenced ${processor} ${partition} ${epoch}`);
    throw error;
  }
  for (const { eventId, attempt, outcome } of settlement.failures) {
    history.recordExpected(name, `${outcome.kind} ${processor} ${eventId} ${attempt}`);
  }
}
