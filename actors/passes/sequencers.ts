/** The sequencers of a node, one for each partition that it has processors of. @module */
import type { SequencedMailbox, SequencedMailboxOptions } from "./sequenced_mailbox.ts";
import { Sequencer, type SequencerContext } from "./sequencer.ts";

export class Sequencers {
  readonly #context: SequencerContext;
  readonly #sequencers = new Map<number, Sequencer>();

  constructor(context: SequencerContext) {
    this.#context = context;
  }

  /** A place in the passes of the mailbox's partition; undefined where its store has none. */
  join(options: SequencedMailboxOptions): SequencedMailbox | undefined {
    const { passes, partition } = options.mailbox;
    if (passes === undefined) return undefined;
    let sequencer = this.#sequencers.get(partition);
    if (sequencer === undefined) {
      sequencer = new Sequencer(partition, passes, this.#context);
      this.#sequencers.set(partition, sequencer);
    }
    return sequencer.join(options);
  }
}
