/** The sequencers of a node, one for each lease that it holds. @module */
import type { MailboxLease } from "../../backends/mailbox/mailbox.ts";
import type { SequencedMailbox, SequencedMailboxOptions } from "./sequenced_mailbox.ts";
import { Sequencer, type SequencerContext } from "./sequencer.ts";

export class Sequencers {
  readonly #context: SequencerContext;
  readonly #sequencers = new WeakMap<MailboxLease, Sequencer>();

  constructor(context: SequencerContext) {
    this.#context = context;
  }

  /** A place in the passes of the mailbox's partition; undefined where its store has none. */
  join(options: SequencedMailboxOptions): SequencedMailbox | undefined {
    const { passes, partition, lease } = options.mailbox;
    if (passes === undefined) return undefined;
    let sequencer = this.#sequencers.get(lease);
    if (sequencer === undefined) {
      sequencer = new Sequencer(partition, passes, this.#context);
      this.#sequencers.set(lease, sequencer);
    }
    return sequencer.join(options);
  }
}
