/**
 * A backend whose mailboxes are watched: every lease and every settle is reported, a settle before it is made and when
 * it was answered. It stands between the supervisor and its backend, in chaos nodes and in simulated ones, and is the
 * one seam by which faults hold settles back or deliver batches again. @module
 */
import type { Backend } from "../../backends/backend.ts";
import { BackendUnavailable } from "../../backends/errors.ts";
import type { Permits } from "../../backends/primitives/priority_semaphore.ts";
import { type Batch, linesOf, positionOf } from "../../backends/mailbox/batch.ts";
import type { PassSource } from "../../backends/mailbox/pass.ts";
import { Fenced, type Mailbox, type Settlement } from "../../backends/mailbox/mailbox.ts";
import { encodeLines } from "../../schema/delivery_line.ts";
import type { SettleResult } from "./history.ts";
import { override } from "../../backends/primitives/override.ts";
import { watchPasses } from "./watched_passes.ts";
import type { WatchContext } from "./watch_context.ts";

/** The same backend, watched. */
export function watchBackend(backend: Backend, context: WatchContext): Backend {
  let passes: PassSource | undefined;
  return override(backend, {
    async *mailboxes(spec, signal) {
      for await (const mailbox of backend.mailboxes(spec, signal)) {
        const { processor, partition, epoch } = mailbox;
        await context.report({ kind: "lease_acquired", processor, partition, epoch, at: context.now() });
        const watch = new MailboxWatch(mailbox, context);
        passes ??= mailbox.passes && watchPasses(mailbox.passes, context);
        yield override(mailbox, {
          passes,
          batches: (signal, permits) => watch.batches(signal, permits),
          settle: (batch, settlement) => watch.settle(batch, settlement),
        });
      }
    },
  });
}

class MailboxWatch {
  readonly #mailbox: Mailbox;
  readonly #context: WatchContext;
  /** The last batch, when all of it was done. */
  #last: Batch | undefined;

  constructor(mailbox: Mailbox, context: WatchContext) {
    this.#mailbox = mailbox;
    this.#context = context;
  }

  async *batches(signal: AbortSignal, permits?: Permits): AsyncGenerator<Batch> {
    const { inFlight } = this.#context.switches;
    for await (const batch of this.#mailbox.batches(signal, permits)) {
      inFlight.add(1, batch.lines.length);
      try {
        yield this.#withRepeats(batch);
      } finally {
        inFlight.add(-1, -batch.lines.length);
      }
    }
  }

  /** The batch, behind the one before it once more. */
  #withRepeats(batch: Batch): Batch {
    const { switches } = this.#context;
    const last = this.#last;
    this.#last = undefined;
    if (!switches.repeatsBatches || last === undefined || batch.kind !== "fresh") return batch;
    switches.deliveriesRepeated += last.count;
    const lines = encodeLines([...linesOf(last), ...linesOf(batch)]);
    return { ...batch, lines, count: last.count + batch.count };
  }

  async settle(batch: Batch, settlement: Settlement): Promise<void> {
    const { report, now, switches } = this.#context;
    await switches.waitWhileHeld();
    const id = ++switches.settles;
    await this.#reportBegin(id, batch, settlement);
    let result: SettleResult = "settled";
    try {
      await this.#mailbox.settle(batch, settlement);
      if (batch.kind === "fresh" && settlement.failures.length === 0) this.#last = batch;
    } catch (error) {
      result = resultOf(error);
      throw error;
    } finally {
      await report({ kind: "settle_ended", id, result, at: now() });
    }
  }

  #reportBegin(id: number, batch: Batch, { failures }: Settlement): Promise<void> {
    const { processor, partition, epoch } = this.#mailbox;
    const { kind, from, to } = batch;
    const attempt = {
      ...{ processor, partition, epoch, kind, from, to, begunAt: this.#context.now() },
      positions: linesOf(batch).map(positionOf),
      made: [],
      failed: failures.map(({ position, attempt, outcome }) => ({
        position,
        attempt,
        outcome: outcome.kind,
      })),
    };
    return this.#context.report({ kind: "settle_begun", id, attempt });
  }
}

function resultOf(error: unknown): SettleResult {
  if (error instanceof Fenced) return "fenced";
  return error instanceof BackendUnavailable ? "unavailable" : "failed";
}
