/** What a node has of the mailboxes of a store. @module */
import type { Backend } from "../../backends/backend.ts";
import type { Mailbox, ProcessorSpec } from "../../backends/mailbox/mailbox.ts";
import type { Fixture } from "./fixture.ts";

/** A node's mailboxes of some processors as it acquires them; it closes at once what it is told to give back. */
export class Holdings {
  readonly #acquired: Mailbox[] = [];
  /** What it is told to give back it keeps. */
  keepsRevoked = false;

  constructor(readonly fixture: Fixture, readonly backend: Backend, processors: readonly ProcessorSpec[]) {
    for (const processor of processors) this.add(processor);
  }

  add(processor: ProcessorSpec, signal: AbortSignal = this.fixture.signal): void {
    void this.fixture.run(this.#hold(processor, signal));
  }

  async #hold(processor: ProcessorSpec, signal: AbortSignal): Promise<void> {
    for await (const mailbox of this.backend.mailboxes(processor, signal)) {
      this.#acquired.push(mailbox);
      mailbox.revoked.addEventListener("abort", () => {
        if (!this.keepsRevoked) void this.fixture.run(mailbox.close());
      });
    }
  }

  /** What it has now, in order of the partitions. */
  of({ name }: ProcessorSpec): Mailbox[] {
    return this.#acquired.filter(({ processor, revoked }) => processor === name && !revoked.aborted)
      .sort((a, b) => a.partition - b.partition);
  }

  partitionsOf(processor: ProcessorSpec): number[] {
    return this.of(processor).map(({ partition }) => partition);
  }
}
