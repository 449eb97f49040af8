/** Wraps a backend, and reports the deliveries that its mailboxes settle. @module */
import { override } from "../../backends/primitives/override.ts";
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox, Settlement } from "../../backends/mailbox/mailbox.ts";
import type { PassFeed, PassOwner, PassSource } from "../../backends/mailbox/pass.ts";
import { decodeLines } from "../../schema/delivery_line.ts";
import { handledBy } from "../proof/pass_deliveries.ts";
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
  let passes: PassSource | undefined;
  return override(backend, {
    async *mailboxes(processor, signal) {
      for await (const mailbox of backend.mailboxes(processor, signal)) {
        passes ??= mailbox.passes && measurePasses(mailbox.passes, onSettled);
        yield measureMailbox(mailbox, passes, onSettled);
      }
    },
  });
}

function measureMailbox(mailbox: Mailbox, passes: PassSource | undefined, onSettled: OnSettled): Mailbox {
  return override(mailbox, {
    passes,
    async settle(batch, settlement) {
      await mailbox.settle(batch, settlement);
      onSettled(mailbox.processor, settledDeliveries(batch, settlement));
    },
  });
}

function measurePasses(passes: PassSource, onSettled: OnSettled): PassSource {
  return { open: (partition) => measureFeed(passes.open(partition), onSettled) };
}

function measureFeed(feed: PassFeed, onSettled: OnSettled): PassFeed {
  let owners: readonly PassOwner[] = [];
  let lines: readonly string[] = [];
  return override(feed, {
    setMembers(members) {
      owners = members;
      feed.setMembers(members);
    },
    async fetch(signal) {
      const fetched = await feed.fetch(signal);
      lines = linesOf(fetched);
      return fetched;
    },
    async commit(settlement, signal) {
      const status = await feed.commit(settlement, signal);
      if (status !== "settled" && status !== "already") return status;
      const all = { lines, made: decodeLines(settlement.outputs) };
      for (const move of settlement.moves) {
        const { types } = owners.find(({ processor }) => processor === move.processor)!;
        const handled = handledBy(move, types, all);
        onSettled(move.processor, [...handled.lines.map(ofLine), ...handled.made.map(ofOutput)]);
      }
      return status;
    },
  });
}

/** The data, which may be long, follows these fields. */
const OUTPUT_TIMESTAMP = 5;

function ofLine(line: string): SettledDelivery {
  const field = line.split("\t", 9);
  return { recordedAt: Number(field[4]), timestamp: Number(field[8]) };
}

/** What a pass made and handled at once was recorded when it was settled. */
function ofOutput(line: string): SettledDelivery {
  const timestamp = Date.parse(line.split("\t", OUTPUT_TIMESTAMP + 1)[OUTPUT_TIMESTAMP]!);
  return { recordedAt: Date.now(), timestamp };
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
