/**
 * The sequencer of the mailboxes under one lease: takes their processors through passes together, and gives each of them time to work for itself
 * where a pass is not the way (`sequencer_state.ts`).
 * @module
 */
import { BackendUnavailable, SettlementRefused } from "../../backends/errors.ts";
import type { PassFeed, PassFetched, PassMove, PassSource } from "../../backends/mailbox/pass.ts";
import { retryWhileUnusable } from "../../backends/primitives/retry.ts";
import type { SharedLock } from "../../backends/primitives/shared_lock.ts";
import { type Observer, reportAvailability } from "../observer.ts";
import { WorkerDied } from "../pool/worker_handle.ts";
import type { PassSpan, Tracing } from "../../backends/tracing/tracing.ts";
import type { WorkerPool } from "../pool/worker_pool.ts";
import type { PassResult } from "../worker/protocol.ts";
import type { DropReason } from "./drop_reason.ts";
import { type Dropped, droppedByDeath, droppedByFailure } from "./pass_culprit.ts";
import {
  SequencedMailbox,
  type SequencedMailboxListener,
  type SequencedMailboxOptions,
} from "./sequenced_mailbox.ts";
import { EMPTY, type SequencerInput, stepSequencer, worksAlone } from "./sequencer_state.ts";

/** What all sequencers of a process share. */
export interface SequencerContext {
  readonly pool: WorkerPool;
  readonly lock: SharedLock;
  readonly observer: Observer;
  /** undefined where nobody exports traces. */
  readonly tracing?: Tracing | undefined;
}

/** How much a pass may come to, beside what it reads: more is done plainly. */
const BOUNDS = { deliveries: 20_000, outputs: 4_000_000 };

type Fused = PassResult & { readonly kind: "fused" };

/** How many sequencers this process has had. */
let sequencers = 0;

export class Sequencer implements SequencedMailboxListener {
  readonly #id = ++sequencers;
  readonly #context: SequencerContext;
  readonly #partition: number;
  readonly #feed: PassFeed;
  readonly #members = new Map<string, SequencedMailbox>();
  #state = EMPTY;
  /** Those whose passes are read, in the order in which an event is handed to them. */
  #inStep: readonly SequencedMailbox[] = [];
  /** Aborts when those in step change. */
  #changed = new AbortController();
  #running: Promise<void> | undefined;
  #underWay: Promise<void> | undefined;
  /** The last pass was stored: its states may be built on. */
  #isLastStored = false;

  constructor(partition: number, passes: PassSource, context: SequencerContext) {
    this.#context = context;
    this.#partition = partition;
    this.#feed = passes.open(partition);
  }

  join(options: SequencedMailboxOptions): SequencedMailbox {
    const permits = this.#context.pool.semaphore(this.#partition).withPriority(options.priority);
    const member = new SequencedMailbox(options, permits, this);
    this.#members.set(member.name, member);
    const isBehind = !member.isCleared || (options.mailbox.isResumed ?? false);
    this.#apply({ kind: "join", member: member.name, isBehind });
    return member;
  }

  onResting(): void {
    this.#arrange();
  }

  onIdle({ name, isCleared }: SequencedMailbox): void {
    this.#apply({ kind: "idle", member: name, isCleared });
  }

  onBusy({ name }: SequencedMailbox): void {
    this.#apply({ kind: "busy", member: name });
  }

  async onLeave(member: SequencedMailbox): Promise<void> {
    if (this.#members.get(member.name) !== member) return;
    this.#members.delete(member.name);
    this.#apply({ kind: "leave", member: member.name });
    await this.#underWay;
  }

  #apply(input: SequencerInput): undefined {
    this.#state = stepSequencer(this.#state, input);
    for (const member of this.#members.values()) {
      if (worksAlone(this.#state, member.name)) member.beginSolo();
      else member.endSolo();
    }
    this.#arrange();
  }

  /** Those that rest and are to go in passes are read together from the next pass on. */
  #arrange(): void {
    const inStep = [...this.#members.values()]
      .filter((member) => member.isResting && !worksAlone(this.#state, member.name))
      .sort((a, b) => a.priority - b.priority);
    const isSame = inStep.length === this.#inStep.length &&
      inStep.every((member, i) => member === this.#inStep[i]);
    if (isSame) return;
    this.#inStep = inStep;
    this.#changed.abort("changed");
    if (inStep.length > 0) this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#inStep.length > 0) await this.#runInStep(this.#inStep);
    } catch (error) {
      for (const member of this.#members.values()) member.fail(error);
    } finally {
      this.#running = undefined;
      this.#feed.setMembers([]);
    }
  }

  /** Takes these through passes until others are in step. */
  async #runInStep(members: readonly SequencedMailbox[]): Promise<void> {
    this.#changed = new AbortController();
    const { signal } = this.#changed;
    this.#feed.setMembers(members.map(({ owner }) => owner));
    try {
      const passes = () => this.#passes(members, signal);
      await retryWhileUnusable(passes, signal, reportAvailability(this.#context.observer));
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
    }
  }

  async #passes(members: readonly SequencedMailbox[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pass = this.#pass(members, signal);
      this.#underWay = pass.then(() => {}, () => {});
      const nextDueMs = await pass;
      if (nextDueMs !== undefined) await this.#feed.wait(nextDueMs, signal);
    }
  }

  /** One pass. Returns how long it may be until the next one, unless something comes; undefined: there is more. */
  async #pass(members: readonly SequencedMailbox[], signal: AbortSignal): Promise<number | undefined> {
    const permits = this.#context.pool.semaphore(this.#partition).withPriority(members.at(-1)!.priority);
    const release = await permits.acquire(signal, this.#feed.isLarge);
    if (release === undefined) return undefined;
    try {
      if (signal.aborted) return undefined;
      const fetched = await this.#feed.fetch(signal);
      return signal.aborted ? undefined : await this.#handle(fetched, members);
    } finally {
      release();
    }
  }

  async #handle(fetched: PassFetched, members: readonly SequencedMailbox[]): Promise<number | undefined> {
    if (fetched.kind === "empty") return fetched.nextDueMs;
    if (fetched.kind !== "pass") return this.#fallBack(fetched.kind);
    const unlock = await this.#context.lock.acquireShared();
    const batch = { lines: fetched.lines, count: fetched.count };
    const span = this.#context.tracing?.startPass({
      ...{ processor: undefined, partition: this.#partition, batch },
    });
    try {
      return await this.#complete(fetched, members, span);
    } catch (error) {
      span?.fail(error);
      throw error;
    } finally {
      span?.end();
      unlock();
    }
  }

  async #complete(
    fetched: PassFetched,
    members: readonly SequencedMailbox[],
    span: PassSpan | undefined,
  ): Promise<number | undefined> {
    const result = await this.#execute(fetched, members[0]!, span?.traceparent);
    if (result.kind === "not_fused") return this.#drop(result);
    const moves = movesOf(fetched, result);
    const settle = () => this.#settle(moves, result);
    const status = await (span === undefined ? settle() : span.settle(settle));
    if (status === "behind") {
      const lagging = fetched.parts.filter(({ isCaughtUp }) => !isCaughtUp).map(({ processor }) => processor);
      this.#reportDropped(status);
      return this.#apply({ kind: "refused", lagging });
    }
    if (status === "fenced") this.#reportFenced(moves, members);
    if (status === "fenced" || status === "refused") return this.#fallBack(status);
    this.#isLastStored = true;
    this.#report(result);
    this.#apply({ kind: "settled" });
    return fetched.parts.every(({ isCaughtUp }) => isCaughtUp) ? fetched.nextDueMs : undefined;
  }

  #reportFenced(moves: readonly PassMove[], members: readonly SequencedMailbox[]): void {
    for (const { owner: { processor, partition, epoch } } of members) {
      const isMoved = moves.some((move) => move.processor === processor);
      if (isMoved) this.#context.observer.fenced({ processor, partition, epoch });
    }
  }

  /** Nothing of it counts, but that the delivery of which it came to nothing is known. */
  #drop({ reason, processor, culprit }: Dropped): undefined {
    if (processor !== undefined) this.#members.get(processor)?.accuse(culprit);
    return this.#fallBack(reason);
  }

  /** All work for themselves until they have caught up. */
  #fallBack(reason: DropReason): undefined {
    this.#reportDropped(reason);
    return this.#apply({ kind: "unfusable" });
  }

  #reportDropped(reason: DropReason): void {
    this.#context.observer.passDropped?.({ partition: this.#partition, reason });
  }

  /** A pass whose worker died of something else is run again, as a batch that merely waited is. */
  async #execute(
    fetched: PassFetched,
    member: SequencedMailbox,
    traceparent: string | undefined,
  ): Promise<Fused | Dropped> {
    const { lines, parts: members } = fetched;
    const isLastStored = this.#isLastStored;
    this.#isLastStored = false;
    const request = {
      ...{ partition: this.#partition, lines, members, bounds: BOUNDS },
      ...{ sequencer: this.#id, isLastStored },
      ...(traceparent !== undefined && { traceparent }),
    };
    try {
      const { mailbox } = member;
      const result = await this.#context.pool.runPass(request, mailbox.histories.bind(mailbox));
      return result.kind === "fused" ? result : droppedByFailure(result.reason, result.failure);
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      if (error.exit === "stopped" || error.suspect !== undefined) return droppedByDeath(error, fetched);
      this.#reportDropped("worker_died");
      return await this.#execute(fetched, member, traceparent);
    }
  }

  async #settle(moves: readonly PassMove[], { outputs, outputTypes, timers }: Fused) {
    try {
      return await this.#feed.commit({ moves, outputs, outputTypes, timers }, FOR_EVER);
    } catch (error) {
      if (error instanceof SettlementRefused) return "refused";
      throw error;
    }
  }

  #report({ members }: Fused): void {
    const { observer } = this.#context;
    const partition = this.#partition;
    observer.passSettled?.({ partition });
    for (const { processor, done, outputTypes: outputs, alarms } of members) {
      if (Object.keys(done).length === 0) continue;
      observer.settled({ processor, partition, done, failed: {}, outputs, alarms });
    }
  }
}

/** The moves of those that had something to do. */
function movesOf({ parts }: PassFetched, { members }: Fused): PassMove[] {
  return parts.map((part, i) => ({ ...part, isChained: members[i]!.isChained }))
    .filter(({ from, to, isChained }) => to > from || isChained);
}

/** What was handled is settled, however long the store is away: as by a mailbox. */
const FOR_EVER = new AbortController().signal;
