/**
 * What the reading side of a mailbox does, as a state union with one pure transition.
 *
 * Two promises hold for every sequence of inputs: a notification is never lost (a mailbox that was notified since its last
 * fetch began is not idle), and a permit is held only from before a batch is read until the next one is asked for.
 * @module
 */
import type { Release } from "../primitives/priority_semaphore.ts";
import type { Batch } from "./batch.ts";
import type { Fetched } from "./mailbox_store.ts";

export type MailboxState =
  /** Not read: before its first consumer and after its last. */
  | { readonly kind: "closed" }
  /** Waits for a permit, and with it for the store. */
  | { readonly kind: "polling"; readonly permit?: Release; readonly notified: boolean }
  /** Found nothing, and waits to be notified. */
  | { readonly kind: "idle"; readonly timeoutMs: number }
  /** Was idle, and was handed what it would have fetched. */
  | Received<"delivered">
  /** Its consumer has a batch. */
  | Received<"processing"> & {
    readonly batch: Batch;
    /** The end of the last slice that was settled. */
    readonly settledTo: number;
    /** Whether every delivery that was settled is done, so that none was parked. */
    readonly allDone: boolean;
  };

interface Received<K extends string> {
  readonly kind: K;
  readonly fetched: Fetched;
  readonly permit: Release;
  /** Whether it was notified since the read began that gave this. */
  readonly notified: boolean;
}

export type MailboxInput =
  /** A consumer begins to read. */
  | { readonly kind: "open" }
  /** A permit was acquired: the fetch begins. */
  | { readonly kind: "permit"; readonly permit: Release }
  | { readonly kind: "fetched"; readonly fetched: Fetched }
  /** The store hands over what it read under a permit of this mailbox. */
  | { readonly kind: "deliver"; readonly fetched: Fetched; readonly permit: Release }
  /** The loop takes what was delivered. */
  | { readonly kind: "take" }
  /** There may be something to fetch, or the time has come to look. */
  | { readonly kind: "notify" }
  /** A slice of the batch was settled. */
  | { readonly kind: "settled"; readonly to: number; readonly allDone: boolean }
  /** The consumer asks for the next batch. `isDrained`: by its size, the batch left nothing behind. */
  | { readonly kind: "next"; readonly isDrained: boolean }
  /** The consumer is gone. */
  | { readonly kind: "close" };

/** The next state, and the permit that is given back. */
interface MailboxTransition {
  readonly state: MailboxState;
  readonly release?: Release | undefined;
}

export const CLOSED: MailboxState = { kind: "closed" };
const POLLING = { kind: "polling", notified: false } as const;

/** The one transition. An input that the state has no use for changes nothing, but for the permit it brings. */
export function transition(state: MailboxState, input: MailboxInput): MailboxTransition {
  switch (input.kind) {
    case "open":
      return { state: POLLING, release: permitOf(state) };
    case "close":
      return { state: CLOSED, release: permitOf(state) };
    case "notify":
      return { state: notified(state) };
    case "permit":
      if (state.kind !== "polling") return { state, release: input.permit };
      return { state: { ...POLLING, permit: input.permit }, release: state.permit };
    case "deliver":
      return deliver(state, input.fetched, input.permit);
    case "fetched":
      if (state.kind !== "polling" || state.permit === undefined) return { state };
      return receive(input.fetched, state.permit, state.notified);
    case "take":
      return state.kind === "delivered" ? receive(state.fetched, state.permit, state.notified) : { state };
    case "settled":
      return { state: settled(state, input.to, input.allDone) };
    case "next":
      return next(state, input.isDrained);
  }
}

/** The permit that a state holds. */
export function permitOf(state: MailboxState): Release | undefined {
  return "permit" in state ? state.permit : undefined;
}

function notified(state: MailboxState): MailboxState {
  if (state.kind === "closed") return state;
  return state.kind === "idle" ? POLLING : { ...state, notified: true };
}

/** A mailbox that is not idle may have been notified of other events than these: it fetches for itself. */
function deliver(state: MailboxState, fetched: Fetched, permit: Release): MailboxTransition {
  if (state.kind !== "idle") return { state: notified(state), release: permit };
  return { state: { kind: "delivered", fetched, permit, notified: false } };
}

function receive(fetched: Fetched, permit: Release, notified: boolean): MailboxTransition {
  const { batch, checkpoint, nextDueMs } = fetched;
  if (batch === undefined) return { state: wait(nextDueMs, notified), release: permit };
  return {
    state: { kind: "processing", fetched, permit, notified, batch, settledTo: checkpoint, allDone: true },
  };
}

function settled(state: MailboxState, to: number, allDone: boolean): MailboxState {
  if (state.kind !== "processing") return state;
  return { ...state, settledTo: to, allDone: state.allDone && allDone };
}

/** Nothing is left of what was there when the batch was read: only a notification can tell of more. */
function next(state: MailboxState, isDrained: boolean): MailboxTransition {
  if (state.kind !== "processing") return { state };
  const { batch, fetched, permit, settledTo, allDone } = state;
  const isDone = batch.kind === "fresh" && isDrained && allDone && settledTo === batch.to;
  return { state: isDone ? wait(fetched.nextDueMs, state.notified) : POLLING, release: permit };
}

function wait(timeoutMs: number, notified: boolean): MailboxState {
  return notified ? POLLING : { kind: "idle", timeoutMs };
}
