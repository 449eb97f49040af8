/** A lease that this node holds, with the processors that run under it. @module */
import type { AcquiredLease, Hosted, LeaseKey } from "./lease_store.ts";
import type { CrashedOwner, MailboxLease } from "./mailbox.ts";

/** A lease of this node. */
export class Lease {
  readonly key: LeaseKey;
  readonly epoch: number;
  /** The same object for all mailboxes under this lease. */
  readonly identity: MailboxLease;
  /** Set when the lease has moved or is to be handed over; then nothing more is read. */
  #isRevoked = false;
  /** The processors that run under it in the store. */
  readonly hosts = new Set<string>();
  /** Those of them that were given out and are not closed. */
  readonly open = new Map<string, Hosting>();
  /** Resolves when no mark is being cleared. */
  clearing: Promise<unknown> = Promise.resolve();
  readonly #crashedOwners = new Map<string, CrashedOwner>();
  /** Those that were recalled, and not given out since. */
  readonly #recalled = new Set<string>();

  constructor({ key, epoch, hosted }: AcquiredLease) {
    this.key = key;
    this.epoch = epoch;
    this.identity = { partition: key.partition, epoch };
    this.host(hosted);
  }

  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** From now on nothing is read under it. */
  revoke(): void {
    this.#isRevoked = true;
    for (const { revocation } of this.open.values()) revocation.abort("revoked");
  }

  /** From now on nothing is read for one processor, while the lease goes on. */
  recall(processor: string): void {
    this.#recalled.add(processor);
    this.open.get(processor)?.revocation.abort("recalled");
  }

  host(hosted: readonly Hosted[]): void {
    for (const { processor, crashedOwner } of hosted) {
      this.hosts.add(processor);
      if (crashedOwner !== undefined) this.#crashedOwners.set(processor, crashedOwner);
    }
  }

  /** Who is given out a second time was closed by this process, which did not die of it. */
  giveOut(processor: string): Hosting {
    const hosting = {
      lease: this,
      processor,
      crashedOwner: this.#crashedOwners.get(processor),
      isResumed: this.#recalled.delete(processor),
      revocation: new AbortController(),
    };
    this.#crashedOwners.delete(processor);
    this.open.set(processor, hosting);
    return hosting;
  }
}

/** A processor's part of a lease, from when it is given out until it is closed. */
export interface Hosting extends Hosted {
  readonly lease: Lease;
  /** It was recalled before: it may have a backlog of its own. */
  readonly isResumed: boolean;
  /** Aborts when nothing more is to be read for it. */
  readonly revocation: AbortController;
}
