/** Passes over any store that has them: notifications, sizes and retries. @module */
import { type BatchLimits, BatchSizer } from "./batch_size.ts";
import type { MailboxContext } from "./leased_mailbox.ts";
import type { MailboxSubscriber } from "./mailbox_store.ts";
import type { PassFeed, PassFetched, PassOwner, PassSettlement, PassStatus, PassStore } from "./pass.ts";
import { retryUnlessLost } from "./store_retry.ts";

/** As a mailbox's first batch. */
const FIRST_BATCH_SIZE = 64;

/** The same, with passes where the store has them. */
export function withPasses(context: MailboxContext): MailboxContext {
  const { passes } = context.store;
  return passes === undefined
    ? context
    : { ...context, passes: { open: () => new LeasedPassFeed(context, passes) } };
}

/** A processor in a feed, as its store sees it. It is handed nothing: the feed fetches for all. */
class PassSubscriber implements MailboxSubscriber {
  readonly processor: string;
  readonly partition: number;
  readonly epoch: number;
  readonly types: readonly string[];
  checkpoint = 0;
  readonly #feed: LeasedPassFeed;

  constructor({ processor, partition, epoch, types }: PassOwner, feed: LeasedPassFeed) {
    this.processor = processor;
    this.partition = partition;
    this.epoch = epoch;
    this.types = types;
    this.#feed = feed;
  }

  get limits(): BatchLimits {
    return this.#feed.limits;
  }
  get isIdle(): boolean {
    return this.#feed.isIdle;
  }
  notify(): void {
    this.#feed.notify();
  }
  tryReserve(): undefined {
    return undefined;
  }
  deliver(): void {
    throw new Error("A pass is handed nothing that it did not ask for");
  }
}

class LeasedPassFeed implements PassFeed {
  readonly #context: MailboxContext;
  readonly #store: PassStore;
  readonly #sizer: BatchSizer;
  readonly #members = new Map<string, PassSubscriber>();
  /** Something may have come since the last fetch began. */
  #isNotified = true;
  #waiting: AbortController | undefined;

  constructor(context: MailboxContext, store: PassStore) {
    this.#context = context;
    this.#store = store;
    this.#sizer = new BatchSizer(context.limits, FIRST_BATCH_SIZE);
  }

  get isLarge(): boolean {
    return this.#sizer.isLarge;
  }
  get limits(): BatchLimits {
    return this.#sizer.limits;
  }
  get isIdle(): boolean {
    return this.#waiting !== undefined;
  }

  setMembers(owners: readonly PassOwner[]): void {
    const { store } = this.#context;
    for (const member of this.#members.values()) store.unsubscribe(member);
    this.#members.clear();
    for (const owner of owners) {
      const member = new PassSubscriber(owner, this);
      this.#members.set(owner.processor, member);
      store.subscribe(member);
    }
    this.notify();
  }

  notify(): void {
    this.#isNotified = true;
    // With a reason: an abort without one makes an error, whose stack costs more than the rest of a wait.
    this.#waiting?.abort("notified");
  }

  async fetch(signal: AbortSignal): Promise<PassFetched> {
    const members = [...this.#members.values()];
    this.#isNotified = false;
    const fetched = await this.#retrying(() => this.#store.fetchPass(members, this.limits), signal);
    for (const { processor, to } of fetched.parts) this.#advance(processor, to);
    const hasMore = fetched.parts.some(({ isCaughtUp }) => !isCaughtUp);
    this.#sizer.observe(fetched.count === 0 ? undefined : fetched);
    this.#sizer.isLarge = hasMore;
    return fetched;
  }

  async commit(settlement: PassSettlement, signal: AbortSignal): Promise<PassStatus> {
    const owners = settlement.moves.map(({ processor }) => this.#members.get(processor)!);
    return await this.#retrying(() => this.#store.commitPass(owners, settlement), signal);
  }

  /** Where a poll has to look from. */
  #advance(processor: string, to: number): void {
    const member = this.#members.get(processor);
    if (member !== undefined) member.checkpoint = Math.max(member.checkpoint, to);
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isNotified) return;
    // By hand: on Deno 2.6 a signal of AbortSignal.any that follows another such one is never aborted.
    const waiting = this.#waiting = new AbortController();
    const end = () => waiting.abort("ended");
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    await this.#context.clock.wait(ms, waiting.signal);
    signal.removeEventListener("abort", end);
    this.#waiting = undefined;
  }

  #retrying<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retryUnlessLost(this.#context, work, signal);
  }
}
