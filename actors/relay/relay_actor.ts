/** The actors of a node that bring its log to others: one a relay, each started again by itself. @module */
import { BackendUnavailable, BackendUnusable } from "../../backends/errors.ts";
import { delayOrAbort } from "../../backends/primitives/concurrency.ts";
import { TargetUnavailable } from "../../backends/relay/target.ts";
import { describeError } from "../error_info.ts";
import { type Child, ChildSupervisor } from "../supervision/child_supervisor.ts";
import type { Exit } from "../supervision/restart_policy.ts";
import { Relay, type RelayOptions, type RelaySource, type RelayStep } from "./relay.ts";

/** How often the log is asked when nothing came: less and less, while that lasts. */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 250;
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 30_000;

/** Waits before the next step, by what came before. Pure. */
function relayDelayMs(step: RelayStep | TargetUnavailable, times: number): number {
  if (step instanceof TargetUnavailable) {
    return step.retryAfterMs ?? Math.min(FIRST_RETRY_MS * 2 ** Math.min(times, 20), LAST_RETRY_MS);
  }
  if (step === "moved") return 0;
  return Math.min(FIRST_POLL_MS * 2 ** Math.min(times, 20), LAST_POLL_MS);
}

/** What is told of a relay as it runs. */
export interface RelayListener {
  /** After each step that is another one than before. */
  onStep?(name: string, step: RelayStep): void;
  /** The target takes no events now. */
  onUnavailable?(name: string, reason: string): void;
}

/** Steps until the signal aborts, or until `isDone` of a step. */
export async function runRelay(
  relay: Relay,
  { name, signal, isDone = () => false, listener = {} }: {
    readonly name: string;
    readonly signal: AbortSignal;
    readonly isDone?: (step: RelayStep) => boolean;
    readonly listener?: RelayListener;
  },
): Promise<RelayStep | undefined> {
  let last: RelayStep | TargetUnavailable | undefined;
  try {
    for (let times = 0; !signal.aborted;) {
      const step = await stepOf(relay);
      times = isSame(step, last) ? times + 1 : 0;
      if (times === 0) report(listener, name, step);
      last = step;
      if (!(step instanceof TargetUnavailable) && isDone(step)) return step;
      await delayOrAbort(relayDelayMs(step, times), signal);
    }
    return undefined;
  } finally {
    await relay.close().catch(() => {});
  }
}

/** A store that is away is waited out as a target is. */
async function stepOf(relay: Relay): Promise<RelayStep | TargetUnavailable> {
  try {
    return await relay.step();
  } catch (error) {
    if (error instanceof TargetUnavailable) return error;
    if (error instanceof BackendUnavailable || error instanceof BackendUnusable) {
      return new TargetUnavailable(error.message, { cause: error });
    }
    throw error;
  }
}

function isSame(
  one: RelayStep | TargetUnavailable,
  other: RelayStep | TargetUnavailable | undefined,
): boolean {
  const kind = (step: typeof other) => step instanceof TargetUnavailable ? step.name : step;
  return kind(one) === kind(other);
}

function report(listener: RelayListener, name: string, step: RelayStep | TargetUnavailable): void {
  if (step instanceof TargetUnavailable) listener.onUnavailable?.(name, step.message);
  else listener.onStep?.(name, step);
}

/** Started again for as long as the node lives: a relay that fails must end no processor. */
const PLAN = {
  id: "relays",
  strategy: "one_for_one",
  intensity: { restarts: Infinity, periodMs: 60_000 },
  backoff: { firstMs: 1_000, longestMs: 60_000 },
} as const;

/** A relay to run, and what it is opened with once the store is there. */
export interface SupervisedRelay {
  readonly name: string;
  /** undefined: there is no store to relay from. */
  open(): Promise<{ readonly source: RelaySource; readonly options: RelayOptions } | undefined>;
}

/** Starts relays under a supervisor of their own. */
export function superviseRelays(
  relays: readonly SupervisedRelay[],
  listener: RelayListener & { onCrash(reason: string): void },
): ChildSupervisor {
  const children = relays.map((relay) => ({
    id: relay.name,
    restart: "transient",
    stopMs: STOP_MS,
    start: () => new RelayActor(relay, listener),
  } as const));
  return new ChildSupervisor(PLAN, children, (_id, { reason }) => listener.onCrash(reason));
}

/** How long a relay may take to end what it sends. */
const STOP_MS = 5_000;

/** One run of a relay. */
class RelayActor implements Child {
  readonly ready = Promise.resolve();
  readonly ended: Promise<Exit>;
  readonly #stopping = new AbortController();

  constructor(relay: SupervisedRelay, listener: RelayListener) {
    this.ended = this.#run(relay, listener);
  }

  stop(): void {
    this.#stopping.abort();
  }

  kill(): void {
    this.stop();
  }

  async #run(relay: SupervisedRelay, listener: RelayListener): Promise<Exit> {
    const { signal } = this.#stopping;
    try {
      const opened = await relay.open();
      if (opened !== undefined) {
        const { source, options } = opened;
        await runRelay(new Relay(source, options), { name: options.name, signal, listener });
      }
      return { kind: "shutdown", reason: "it was asked to" };
    } catch (error) {
      return { kind: "failed", reason: describeError(error).class, error };
    }
  }
}
