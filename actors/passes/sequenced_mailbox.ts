/** The place of one processor in the passes of a partition. @module */
import type { Mailbox } from "../../backends/mailbox/mailbox.ts";
import type { PassOwner } from "../../backends/mailbox/pass.ts";
import type { Permits } from "../../backends/primitives/priority_semaphore.ts";
import type { PassCulprit } from "./pass_culprit.ts";

/** A time in which a processor works for itself. */
interface SoloPeriod {
  /** Aborts when its solo is over: it finishes what it has in hand, and asks for the next solo. */
  readonly signal: AbortSignal;
  readonly permits: Permits;
  /** What it is told of the pass that came to nothing before. */
  readonly culprit: PassCulprit | undefined;
}

/** What a member reports to its sequencer. */
export interface SequencedMailboxListener {
  /** It has nothing in hand, and takes part in passes until it is given a solo. */
  onResting(member: SequencedMailbox): void;
  onIdle(member: SequencedMailbox): void;
  onBusy(member: SequencedMailbox): void;
  /** Resolves when no pass with it is under way any more. */
  onLeave(member: SequencedMailbox): Promise<void>;
}

/** Whose member it is. */
export interface SequencedMailboxOptions {
  readonly mailbox: Mailbox;
  /** The types that the processor takes. */
  readonly types: readonly string[];
  /** The processor's place in the life of a case: an event is handed to those with a lower one first. */
  readonly priority: number;
  /** Whether all is done that a crashed owner may have had in hand. */
  readonly isCleared: () => boolean;
}

export class SequencedMailbox {
  readonly owner: PassOwner;
  readonly mailbox: Mailbox;
  readonly priority: number;
  readonly #listener: SequencedMailboxListener;
  readonly #permits: Permits;
  #solo: (SoloPeriod & { readonly over: AbortController }) | undefined;
  #waiting: PromiseWithResolvers<SoloPeriod | undefined> | undefined;
  #culprit: PassCulprit | undefined;
  readonly #isCleared: () => boolean;

  constructor(
    { mailbox, types, priority, isCleared }: SequencedMailboxOptions,
    permits: Permits,
    listener: SequencedMailboxListener,
  ) {
    const { processor, partition, epoch } = mailbox;
    this.owner = { processor, partition, epoch, types };
    this.mailbox = mailbox;
    this.priority = priority;
    this.#permits = permits;
    this.#isCleared = isCleared;
    this.#listener = listener;
  }

  get name(): string {
    return this.owner.processor;
  }

  get isCleared(): boolean {
    return this.#isCleared();
  }

  /** It rests: nothing of it is in hand outside of a pass. */
  get isResting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Waits for the next solo to work for itself. Undefined when the signal aborts first; rejects when passes fail with a bug. */
  async nextSolo(signal: AbortSignal): Promise<SoloPeriod | undefined> {
    if (signal.aborted) return undefined;
    if (this.#solo !== undefined && !this.#solo.signal.aborted) return this.#solo;
    const waiting = Promise.withResolvers<SoloPeriod | undefined>();
    const end = () => waiting.resolve(undefined);
    this.#waiting = waiting;
    signal.addEventListener("abort", end);
    this.#listener.onResting(this);
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener("abort", end);
      this.#waiting = undefined;
    }
  }

  /** Told with its next solo. */
  accuse(culprit: PassCulprit | undefined): void {
    this.#culprit = culprit;
  }

  /** Gives it a solo, unless it has one. */
  beginSolo(): void {
    if (this.#solo !== undefined && !this.#solo.signal.aborted) return;
    const over = new AbortController();
    const culprit = this.#culprit;
    this.#culprit = undefined;
    this.#solo = { over, signal: over.signal, permits: this.#watchedPermits(), culprit };
    this.#waiting?.resolve(this.#solo);
  }

  endSolo(): void {
    this.#solo?.over.abort("its solo is over");
  }

  fail(error: unknown): void {
    this.#waiting?.reject(error);
  }

  /** No pass is begun with it any more; resolves when none is under way. */
  leave(): Promise<void> {
    return this.#listener.onLeave(this);
  }

  /** A mailbox that asks for a permit has something to do, or looks for it. */
  #watchedPermits(): Permits {
    const permits = this.#permits;
    return {
      acquire: (signal, isLarge) => {
        this.#listener.onBusy(this);
        return permits.acquire(signal, isLarge);
      },
      tryAcquire: (isLarge) => {
        const release = permits.tryAcquire(isLarge);
        if (release !== undefined) this.#listener.onBusy(this);
        return release;
      },
      onIdle: () => this.#listener.onIdle(this),
    };
  }
}
