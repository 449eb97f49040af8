/** The network between a node and the store: slow, sometimes cut, and never sure whether a request was applied. @module */
import type { Backend } from "../../backends/backend.ts";
import { BackendUnavailable } from "../../backends/errors.ts";
import type { Batch } from "../../backends/mailbox/batch.ts";
import type { Mailbox, ProcessorSpec } from "../../backends/mailbox/mailbox.ts";
import type { PassSource } from "../../backends/mailbox/pass.ts";
import type { Permits } from "../../backends/primitives/priority_semaphore.ts";
import type { Random } from "../cases/random.ts";
import { override } from "../../backends/primitives/override.ts";
import type { InFlightGauge } from "../proof/watch_context.ts";
import type { PendingFaults } from "./pending_faults.ts";
import { Process, type SimulatedTime } from "./simulated_time.ts";

interface LinkContext {
  readonly name: string;
  readonly time: SimulatedTime;
  readonly process: Process;
  readonly random: Random;
  readonly pending: PendingFaults;
  /** Batches that are on their way. */
  readonly inFlight: InFlightGauge;
}

const MEAN_LATENCY_MS = 2;
/** How long a caller waits for an answer. */
const CALL_TIMEOUT_MS = 60;

export class SimulatedLink {
  /** The part of a backend's client that waits by itself: for events, and to renew its leases. */
  readonly client: Process;
  readonly context: LinkContext;
  /** Reasons for which nothing comes through. */
  cuts = 0;
  /** Messages take up to this much longer. */
  extraMs = 0;

  constructor(context: LinkContext) {
    this.context = context;
    this.client = new Process(`${context.name}'s client`);
  }

  cut(): void {
    this.cuts++;
    this.client.pauses++;
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

  /** Asks the store for something. Rejects with BackendUnavailable when the request or the answer is lost on the way. */
  call<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { time, process } = this.context;
    // What was sent is on its way, whatever becomes of the sender; a lease is given back as soon as that is possible.
    const carrier = what === "close" ? this.client : time.outside;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const answer = (act: () => void) => {
      if (this.#loses("settle_reply", what)) this.#failUnanswered(what, reject);
      else time.after(this.latency(), process, act);
    };
    time.after(this.latency(), carrier, () => {
      if (this.#loses("settle_request", what)) return this.#failUnanswered(what, reject);
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

  #loses(leg: "settle_request" | "settle_reply", what: string): boolean {
    return this.cuts > 0 || what === "settle" && this.context.pending.take(leg) !== undefined;
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
export function linkedBackend(backend: Backend, link: SimulatedLink): Backend {
  return override(backend, {
    append: (events, expected, by) => link.call("append", () => backend.append(events, expected, by)),
    forward: (events) => link.call("forward", () => backend.forward(events)),
    mailboxes: (processor, signal) => linkedMailboxes(backend, link, processor, signal),
    health: () => link.call("health", () => backend.health()),
  });
}

/** A mailbox whose lease was acquired reaches the node however long that takes: nothing else would close it. */
async function* linkedMailboxes(
  backend: Backend,
  link: SimulatedLink,
  processor: ProcessorSpec,
  signal: AbortSignal,
): AsyncGenerator<Mailbox> {
  link.requireConnected("mailboxes");
  for await (const mailbox of backend.mailboxes(processor, signal)) {
    await link.carry().catch(() => {});
    yield linkedMailbox(mailbox, link);
    link.requireConnected("mailboxes");
  }
}

function linkedPasses(passes: PassSource, link: SimulatedLink): PassSource {
  return {
    open(partition) {
      const feed = passes.open(partition);
      return override(feed, {
        fetch: (signal) => link.call("fetch", () => feed.fetch(signal)),
        commit: (settlement, signal) => link.call("settle", () => feed.commit(settlement, signal)),
      });
    },
  };
}

function linkedMailbox(mailbox: Mailbox, link: SimulatedLink): Mailbox {
  const { time, process } = link.context;
  const revoked = new AbortController();
  const revoke = () => void time.after(0, process, () => revoked.abort());
  if (mailbox.revoked.aborted) revoke();
  mailbox.revoked.addEventListener("abort", revoke);
  return override(mailbox, {
    passes: mailbox.passes && linkedPasses(mailbox.passes, link),
    revoked: revoked.signal,
    markInFlight: (mark) => link.call("begin", () => mailbox.markInFlight(mark)),
    batches: (signal, permits) => linkedBatches(mailbox, link, signal, permits),
    settle: (batch, settlement) => link.call("settle", () => mailbox.settle(batch, settlement)),
    histories: (needs, types) => link.call("histories", () => mailbox.histories(needs, types)),
    close: () => link.call("close", () => mailbox.close()),
  });
}

async function* linkedBatches(
  mailbox: Mailbox,
  link: SimulatedLink,
  signal: AbortSignal,
  permits?: Permits,
): AsyncGenerator<Batch> {
  const { inFlight } = link.context;
  for await (const batch of mailbox.batches(signal, permits)) {
    inFlight.add(1, batch.lines.length);
    await link.carry().finally(() => inFlight.add(-1, -batch.lines.length));
    yield batch;
    if (link.context.pending.take("batch_settled")) yield batch;
  }
}
