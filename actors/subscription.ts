/** A processor's subscription: gives each mailbox that is acquired for it an actor. @module */
import { BackendUnavailable, StoreLost } from "../backends/errors.ts";
import type { MailboxSource, ProcessorSpec } from "../backends/mailbox/mailbox.ts";
import { retryWhileUnusable } from "../backends/primitives/retry.ts";
import type { Child } from "./supervision/child_supervisor.ts";
import type { Exit } from "./supervision/restart_policy.ts";
import { type ActorContext, MailboxActor } from "./actor.ts";
import { describeError } from "./error_info.ts";
import { reportAvailability } from "./observer.ts";

export interface SubscriptionContext extends ActorContext {
  /** Says to the store which processors this program has; before that no mailbox is asked for. */
  readonly register?: (() => Promise<void>) | undefined;
}

/** One run of a processor. A bug ends it: batches in hand are finished first, and then it has failed. */
export class ProcessorSubscription implements Child {
  readonly ready = Promise.resolve();
  readonly ended: Promise<Exit>;
  readonly #stopping = new AbortController();
  readonly #actors = new Set<Promise<void>>();
  #crash: { readonly error: unknown } | undefined;

  /** Begins at once. */
  constructor(source: MailboxSource, processor: ProcessorSpec, context: SubscriptionContext) {
    this.ended = this.#run(source, processor, context);
  }

  /** Finishes batches in hand and asks for no more. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Batches in hand can't be interrupted here: they end when the workers do. */
  kill(): void {
    this.stop();
  }

  async #run(source: MailboxSource, processor: ProcessorSpec, context: SubscriptionContext): Promise<Exit> {
    const { signal } = this.#stopping;
    const consume = async () => {
      await context.register?.();
      for await (const mailbox of source.mailboxes(processor, signal)) {
        this.#watch(new MailboxActor(mailbox, context).run(signal));
      }
    };
    try {
      await retryWhileUnusable(consume, signal, reportAvailability(context.observer));
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) this.#onCrash(error);
    }
    await Promise.all(this.#actors);
    return this.#exit();
  }

  #watch(actor: Promise<void>): void {
    const watched = actor.catch((error) => this.#onCrash(error)).finally(() => this.#actors.delete(watched));
    this.#actors.add(watched);
  }

  #onCrash(error: unknown): void {
    this.#crash ??= { error };
    this.stop();
  }

  #exit(): Exit {
    if (this.#crash === undefined) return { kind: "shutdown", reason: "it was asked to" };
    const { error } = this.#crash;
    const isFinal = error instanceof StoreLost;
    return { kind: "failed", reason: describeError(error).class, error, isFinal };
  }
}
