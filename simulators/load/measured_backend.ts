/** Wraps a backend, and reports the deliveries that its mailboxes settle. @module */
import { override } from "../../backends/primitives/override.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox, Settlement } from "../../backends/mailbox/mailbox.ts";
import { type Batch, linesOf } from "../../backends/mailbox/batch.ts";

/** A delivery that was settled without failure. Times are milliseconds since 1970. */
export interface SettledDelivery {
  /** When the store recorded the event, by its clock. */
  readonly recordedAt: number;
  /**
   * The event's own time. Outputs inherit it from their input, so it is the intake's for everything that follows an
   * intake.
   */
  readonly timestamp: number;
}

/** Called after every settle, with the deliveries that did not fail. */
type OnSettled = (processor: string, done: readonly SettledDelivery[]) => void;

/** Wraps a backend. It reads three fields of each line, which costs the supervisor's thread about a microsecond. */
export function measureBackend(backend: Backend, onSettled: OnSettled): Backend {
  return override(backend, {
    async *mailboxes(processor, signal) {
      for await (const mailbox of backend.mailboxes(processor, signal)) {
        yield measureMailbox(mailbox, onSettled);
      }
    },
  });
}

function measureMailbox(mailbox: Mailbox, onSettled: OnSettled): Mailbox {
  return override(mailbox, {
    async settle(batch, settlement) {
      await mailbox.settle(batch, settlement);
      onSettled(mailbox.processor, settledDeliveries(batch, settlement));
    },
  });
}

/** The deliveries of a batch that did not fail. */
export function settledDeliveries(batch: Batch, { failures }: Settlement): SettledDelivery[] {
  const failed = new Set(failures.map(({ position }) => position));
  const done: SettledDelivery[] = [];
  for (const line of linesOf(batch)) {
    // The data, which may be long, follows these fields.
    const field = line.split("\t", 9);
    if (failed.has(Number(field[0]))) continue;
    done.push({ recordedAt: Number(field[4]), timestamp: Number(field[8]) });
  }
  return done;
}
