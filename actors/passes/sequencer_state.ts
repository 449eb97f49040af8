/**
 * Which processors of a partition take part in passes, as a state union with one pure stepSequencer.
 *
 * `fused`: all but those that are behind go in passes. `plain`: none does, until all have nothing left to do: what can't be
 * done in a pass is done, and judged, by each processor for itself. A processor that is behind (it was taken over from a
 * crashed owner, was paused, or has a backlog of its own that others can't wait for) joins when it has caught up. A pass marks nothing
 * as in flight: so what is taken over from a crashed owner first settles a batch of its own.
 * @module
 */

export type SequencerState = {
  readonly kind: "fused";
  readonly members: ReadonlySet<string>;
  readonly behind: ReadonlySet<string>;
  /** The last pass was refused because something had come in between. */
  readonly isRefused: boolean;
} | {
  readonly kind: "plain";
  readonly members: ReadonlySet<string>;
  readonly behind: ReadonlySet<string>;
  /** Those that have nothing to do at the moment. */
  readonly idle: ReadonlySet<string>;
};

export type SequencerInput =
  /** A processor has come. `isBehind`: it first works for itself. */
  | { readonly kind: "join"; readonly member: string; readonly isBehind: boolean }
  | { readonly kind: "leave"; readonly member: string }
  /** It works for itself and has found nothing more to do. Not `isCleared`: it can't take part all the same. */
  | { readonly kind: "idle"; readonly member: string; readonly isCleared: boolean }
  /** It has found something. */
  | { readonly kind: "busy"; readonly member: string }
  | { readonly kind: "settled" }
  /** Something came in between. `lagging`: those that have more to read than a pass holds. */
  | { readonly kind: "refused"; readonly lagging: readonly string[] }
  /** A pass can't do what comes next, or came to nothing. */
  | { readonly kind: "unfusable" };

const NONE: ReadonlySet<string> = new Set();

export const EMPTY: SequencerState = { kind: "fused", members: NONE, behind: NONE, isRefused: false };

/** The one stepSequencer. */
export function stepSequencer(state: SequencerState, input: SequencerInput): SequencerState {
  const { members, behind } = state;
  switch (input.kind) {
    case "join": {
      const joined = { ...state, members: including(members, input.member) };
      return input.isBehind ? { ...joined, behind: including(behind, input.member) } : joined;
    }
    case "leave":
      return caughtUp({
        ...state,
        members: without(members, input.member),
        behind: without(behind, input.member),
        ...(state.kind === "plain" && { idle: without(state.idle, input.member) }),
      });
    case "idle": {
      const here = input.isCleared ? { ...state, behind: without(behind, input.member) } : state;
      return here.kind === "plain" ? caughtUp({ ...here, idle: including(here.idle, input.member) }) : here;
    }
    case "busy":
      return state.kind === "plain" ? { ...state, idle: without(state.idle, input.member) } : state;
    case "settled":
      return state.kind === "fused" ? { ...state, isRefused: false } : state;
    case "refused":
      return refused(state, input.lagging);
    case "unfusable":
      return { kind: "plain", members, behind, idle: NONE };
  }
}

/** Whether a processor works for itself. */
export function worksAlone({ kind, behind }: SequencerState, member: string): boolean {
  return kind === "plain" || behind.has(member);
}

/** Tried once more; then those with a backlog are left behind, and where none has one all work for themselves. */
function refused(state: SequencerState, lagging: readonly string[]): SequencerState {
  if (state.kind === "plain") return state;
  if (!state.isRefused) return { ...state, isRefused: true };
  const { members } = state;
  const behind = new Set([...state.behind, ...lagging]);
  if (lagging.length === 0 || behind.size === members.size) {
    return { kind: "plain", members, behind: state.behind, idle: NONE };
  }
  return { ...state, behind, isRefused: false };
}

/** Fused again once all are idle at the same time, but for those that are behind. */
function caughtUp(state: SequencerState): SequencerState {
  if (state.kind === "fused") return state;
  const { members, behind, idle } = state;
  const isDone = [...members].every((member) => idle.has(member) || behind.has(member));
  return isDone ? { kind: "fused", members, behind, isRefused: false } : state;
}

function including(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  return new Set([...set, member]);
}

function without(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  return new Set([...set].filter((each) => each !== member));
}
