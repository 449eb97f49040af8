/** The world of one conformance case: its nodes, its mailboxes, and the passing of time. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox, ProcessorSpec } from "../../backends/mailbox/mailbox.ts";
import type { StoredEvent } from "../../schema/delivery_line.ts";
import type { WireEvent } from "../../schema/events.ts";
import { partitionOf } from "../../schema/partition.ts";
import { anEvent, casesIn } from "../support/events.ts";
import { MailboxReader } from "./mailbox_reader.ts";
import type { Harness, NodeOptions } from "./harness.ts";

/** The processor that most cases play. */
export const INTAKE: ProcessorSpec = { name: "intake", version: 1, takes: ["case.intake"] };

/** What most cases begin with. */
export interface FixtureSetup {
  readonly backend: Backend;
  readonly cases: readonly string[];
  readonly reader: MailboxReader;
}

const TIMEOUT_MS = 60_000;
const LONGEST_STEP_MS = 50;

export class Fixture {
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(readonly harness: Harness) {}

  /** Aborts when the case is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Waits for something to happen, letting time pass meanwhile. */
  async waitFor<T>(what: string, promise: Promise<T>, timeoutMs: number = TIMEOUT_MS): Promise<T> {
    let over = false;
    const end = () => void (over = true);
    promise.then(end, end);
    for (
      let step = 0, passed = 0;
      !over && passed <= timeoutMs;
      step = Math.min(step + 1, LONGEST_STEP_MS)
    ) {
      await this.harness.advance(step);
      passed += step;
    }
    if (!over) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    return await promise;
  }

  /** Waits until something holds, letting time pass meanwhile. */
  async until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs: number = TIMEOUT_MS) {
    for (let step = 0, passed = 0; !await holds(); step = Math.min(step + 1, LONGEST_STEP_MS)) {
      if (passed > timeoutMs) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
      await this.harness.advance(step);
      passed += step;
    }
  }

  /** Mailboxes of a processor, as many as are asked for (default: all). The node goes on wanting more until the end. */
  async mailboxes(backend: Backend, spec = INTAKE, count = backend.partitions): Promise<Mailbox[]> {
    const acquired: Mailbox[] = [];
    const iterator = backend.mailboxes(spec, this.signal)[Symbol.asyncIterator]();
    while (acquired.length < count) {
      const { value, done } = await this.waitFor(`mailbox of ${spec.name}`, iterator.next());
      if (done) throw new Error(`Won ${acquired.length} mailboxes of ${spec.name} and then no more`);
      acquired.push(value);
    }
    return acquired.sort((a, b) => a.partition - b.partition);
  }

  /** The feed of a mailbox. */
  read(mailbox: Mailbox): MailboxReader {
    return new MailboxReader(this, mailbox);
  }

  /** The feed of one partition. The node takes all partitions, so that nobody else is in the way. */
  async reader(backend: Backend, partition = 0, spec = INTAKE): Promise<MailboxReader> {
    return this.read((await this.mailboxes(backend, spec))[partition]!);
  }

  /** A node with the feed of partition 0, and cases there with intake events 1 … each, interleaved. */
  async setUp(cases: number, each: number, options: NodeOptions = {}): Promise<FixtureSetup> {
    const backend = await this.harness.backend("first", options);
    const ids = casesIn(0, backend.partitions, cases);
    const events = Array.from({ length: each }, (_, i) => ids.map((caseId) => anEvent(caseId, i + 1)));
    await backend.append(events.flat());
    return { backend, cases: ids, reader: await this.reader(backend) };
  }

  /** Lets something run beside the case; what it throws fails the case. */
  run(work: Promise<void>): Promise<void> {
    this.#running.push(work);
    work.catch(() => {});
    return work;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.harness.close();
    await Promise.all(this.#running);
  }
}

/** Everything an iterable gives. */
export function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

/** Events in the order in which one append has stored them, as far as that is promised: of the call, or within each partition. */
export function inStoredOrder(
  { features, partitions }: Pick<Backend, "features" | "partitions">,
  events: readonly WireEvent[],
): WireEvent[] {
  if (features.atomicAppend === "call") return [...events];
  const partition = (event: WireEvent) => partitionOf(event.correlation_id, partitions);
  return events.toSorted((a, b) => partition(a) - partition(b));
}

/** The ids of stored events, in order. */
export function idsOf(events: readonly StoredEvent[]): string[] {
  return events.map(({ event }) => event.event_id);
}
