/** A backend that tells what its mailboxes settle, and is otherwise the one it wraps. @module */
import type { Backend, ProcessorSpec } from "../../backends/backend.ts";
import type { Batch, HistoryNeed, Mailbox, Settlement } from "../../backends/mailbox.ts";
import type { Gate } from "../../backends/gate.ts";

/** A delivery that was done. Times are milliseconds since 1970. */
export interface Done {
  readonly type: string;
  /** When the store took the event, by its clock. */
  readonly recordedAt: number;
  /** The event's own time. Outputs take it over from their input: of all that follows an intake it is the intake's. */
  readonly timestamp: number;
}

/** Told after every settle, with the deliveries that are done. */
export type OnSettled = (processor: string, done: readonly Done[]) => void;

/** Wraps a backend. It reads three fields of each line, which costs the supervisor's thread about a microsecond. */
export function measured(backend: Backend, onSettled: OnSettled): Backend {
  const mailboxes = async function* (processor: ProcessorSpec, signal: AbortSignal) {
    for await (const mailbox of backend.mailboxes(processor, signal)) {
      yield new MeasuredMailbox(mailbox, onSettled);
    }
  };
  // Methods of a class with private fields only work on the object itself.
  return new Proxy(backend, {
    get(target, name) {
      if (name === "mailboxes") return mailboxes;
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

class MeasuredMailbox implements Mailbox {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly lost: AbortSignal;
  readonly #inner: Mailbox;
  readonly #onSettled: OnSettled;

  constructor(inner: Mailbox, onSettled: OnSettled) {
    ({ processor: this.processor, partition: this.partition, epoch: this.epoch, lost: this.lost } = inner);
    this.#inner = inner;
    this.#onSettled = onSettled;
  }

  batches(signal: AbortSignal, gate?: Gate): AsyncIterable<Batch> {
    return this.#inner.batches(signal, gate);
  }

  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    await this.#inner.settle(batch, settlement);
    this.#onSettled(this.processor, doneOf(batch, settlement));
  }

  histories(needs: readonly HistoryNeed[], types: readonly string[]): Promise<string> {
    return this.#inner.histories(needs, types);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** The deliveries of a batch that were simply done. */
export function doneOf({ lines }: Batch, { exceptions }: Settlement): Done[] {
  const failed = new Set(exceptions.map(({ position }) => position));
  const done: Done[] = [];
  for (const line of lines.split("\n")) {
    // The data, which may be long, comes after these.
    const field = line.split("\t", 9);
    if (failed.has(Number(field[0]))) continue;
    done.push({ type: field[6]!, recordedAt: Number(field[4]), timestamp: Number(field[8]) });
  }
  return done;
}
