/**
 * The decisions of a supervisor: `step` takes a state and a message, and gives the next state and the effects. Pure:
 * `child_supervisor.ts` performs the effects and posts the messages, such as that a backoff is over.
 * @module
 */
import { type Backoff, backoffMs } from "./backoff.ts";
import { addRestart, type Exit, type Intensity, isRestarted, type RestartType } from "./restart_policy.ts";
import { affected, isOrdered, type Strategy } from "./strategy.ts";

/** A child as data. */
export interface ChildPlan {
  readonly id: string;
  readonly restart: RestartType;
  /** How long it may take to stop once it was asked to, in milliseconds; 0: it is not asked. */
  readonly stopMs: number;
}

/** A supervisor as data: the children it starts, in this order, and what it does when one of them ends. */
export interface SupervisorPlan {
  readonly id: string;
  readonly strategy: Strategy;
  /** With more restarts than this it gives up: it stops its children, and fails itself. */
  readonly intensity: Intensity;
  readonly backoff: Backoff;
  readonly children: readonly ChildPlan[];
}

/**
 * `down`: not there; `due`: to be started when it is its turn; `leaving`: to be stopped when it is its turn.
 */
type Phase = "down" | "due" | "starting" | "up" | "leaving" | "stopping";

interface ChildState extends ChildPlan {
  readonly phase: Phase;
  /** `scheduled`: its backoff runs; `pending`: the backoff is over, and it is due once its dependants are down. */
  readonly restartState: "no" | "scheduled" | "pending";
  /** Failures in a row, for the backoff. */
  readonly failures: number;
}

export interface SupervisorState {
  readonly plan: SupervisorPlan;
  readonly mode: "running" | "stopping" | "ended";
  readonly children: readonly ChildState[];
  /** Times of the restarts that still count. */
  readonly restarts: readonly number[];
  /** How it ends, once it stops. */
  readonly exit: Exit;
}

export type Message =
  | { readonly kind: "begin" }
  | { readonly kind: "ready"; readonly id: string }
  | { readonly kind: "exited"; readonly id: string; readonly exit: Exit }
  | { readonly kind: "restart"; readonly ids: readonly string[] }
  | { readonly kind: "stop" };

export type Effect =
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "stop"; readonly id: string; readonly withinMs: number }
  | { readonly kind: "schedule"; readonly ids: readonly string[]; readonly afterMs: number }
  | { readonly kind: "end"; readonly exit: Exit };

/** What a message leads to. */
interface StepResult {
  readonly state: SupervisorState;
  readonly effects: readonly Effect[];
}

/** A supervisor before it begins. */
export function initialState(plan: SupervisorPlan): SupervisorState {
  const children = plan.children.map((child): ChildState => ({
    ...child,
    phase: "down",
    restartState: "no",
    failures: 0,
  }));
  return {
    plan,
    mode: "running",
    children,
    restarts: [],
    exit: { kind: "shutdown", reason: "it was asked to" },
  };
}

/** The next state, and the effects to perform. `now` in milliseconds, `random` in [0, 1). */
export function step(state: SupervisorState, message: Message, now: number, random: number): StepResult {
  if (state.mode === "ended") return { state, effects: [] };
  switch (message.kind) {
    case "begin":
      return advance(updateChildren(state, () => true, { phase: "due" }));
    case "ready":
      return advance(updateChildren(state, isInPhase(message.id, "starting"), { phase: "up" }));
    case "restart":
      return advance(
        updateChildren(state, ({ id }) => message.ids.includes(id), { restartState: "pending" }),
      );
    case "stop":
      return advance(beginStop(state, state.exit));
    case "exited":
      return childExited(state, message.id, message.exit, now, random);
  }
}

function childExited(
  state: SupervisorState,
  id: string,
  exit: Exit,
  now: number,
  random: number,
): StepResult {
  const child = state.children.find((each) => each.id === id)!;
  const afterExit = updateChildren(state, (each) => each === child, { phase: "down" });
  const died = child.phase === "starting" || child.phase === "up";
  if (!died || !isRestarted(child.restart, exit.kind)) return advance(afterExit);
  if (exit.isFinal) return advance(beginStop(afterExit, exit));
  const { restarts, exceeded } = exit.exempt
    ? { restarts: state.restarts, exceeded: false }
    : addRestart(state.restarts, now, state.plan.intensity);
  if (exceeded) {
    return advance(beginStop({ ...afterExit, restarts }, intensityExceededExit(state.plan, id, exit)));
  }
  return scheduleRestart({ ...afterExit, restarts }, id, exit, random);
}

/** The child, and those that go down with it, are started again after a backoff. What is temporary is not. */
function scheduleRestart(state: SupervisorState, id: string, exit: Exit, random: number): StepResult {
  const order = state.children.map((child) => child.id);
  const down = affected(state.plan.strategy, order, id);
  const ids = down.filter((each) => each === id || restartOf(state, each) !== "temporary");
  const before = state.children.find((child) => child.id === id)!.failures;
  const failures = exit.kind !== "failed" ? 0 : exit.served ? 1 : before + 1;
  const afterMs = failures === 0 ? 0 : backoffMs(failures, state.plan.backoff, random);
  let next = updateChildren(state, (child) => ids.includes(child.id), { restartState: "scheduled" });
  next = updateChildren(next, (child) => child.id === id, { failures });
  next = updateChildren(next, (child) => down.includes(child.id) && child.phase === "due", { phase: "down" });
  next = updateChildren(next, (child) => down.includes(child.id) && isRunning(child), { phase: "leaving" });
  const { state: after, effects } = advance(next);
  return { state: after, effects: [...effects, { kind: "schedule", ids, afterMs }] };
}

function restartOf(state: SupervisorState, id: string): RestartType {
  return state.children.find((child) => child.id === id)!.restart;
}

function intensityExceededExit(
  { id, intensity }: SupervisorPlan,
  child: string,
  { reason, error }: Exit,
): Exit {
  const allowed = `${intensity.restarts} in ${intensity.periodMs / 1000} s`;
  const often = `${id} ended more often than allowed (${allowed})`;
  return { kind: "failed", reason: `${often}, the last one, ${child}, because ${reason}`, error };
}

function beginStop(state: SupervisorState, exit: Exit): SupervisorState {
  if (state.mode !== "running") return state;
  const leaving = updateChildren(state, isRunning, { phase: "leaving" });
  const down = updateChildren(leaving, ({ phase }) => phase === "due", { phase: "down" });
  return { ...down, mode: "stopping", exit };
}

/** Stops what is leaving, right to left; then starts what is due, left to right; or ends. */
function advance(state: SupervisorState): StepResult {
  const stops = childrenToStop(state);
  if (stops.length > 0) {
    const stopped = updateChildren(state, (child) => stops.includes(child), { phase: "stopping" });
    return {
      state: stopped,
      effects: stops.map(({ id, stopMs }) => ({ kind: "stop", id, withinMs: stopMs })),
    };
  }
  if (state.children.some(isStopping)) return { state, effects: [] };
  if (state.mode === "stopping") {
    return { state: { ...state, mode: "ended" }, effects: [{ kind: "end", exit: state.exit }] };
  }
  return startNext(
    updateChildren(state, ({ phase, restartState }) => phase === "down" && restartState === "pending", {
      phase: "due",
      restartState: "no",
    }),
  );
}

/** Children that do not depend on each other stop side by side; others one after the other. */
function childrenToStop({ plan, children }: SupervisorState): readonly ChildState[] {
  const leaving = children.filter(({ phase }) => phase === "leaving").reverse();
  if (!isOrdered(plan.strategy)) return leaving;
  return children.some(({ phase }) => phase === "stopping") ? [] : leaving.slice(0, 1);
}

function startNext(state: SupervisorState): StepResult {
  const due = state.children.filter(({ phase }) => phase === "due");
  const waits = isOrdered(state.plan.strategy);
  const starts = !waits
    ? due
    : state.children.some(({ phase }) => phase === "starting")
    ? []
    : due.slice(0, 1);
  const next = updateChildren(state, (child) => starts.includes(child), { phase: "starting" });
  return { state: next, effects: starts.map(({ id }) => ({ kind: "start", id })) };
}

function isRunning({ phase }: ChildState): boolean {
  return phase === "starting" || phase === "up";
}

function isStopping({ phase }: ChildState): boolean {
  return phase === "leaving" || phase === "stopping";
}

function isInPhase(id: string, phase: Phase): (child: ChildState) => boolean {
  return (child) => child.id === id && child.phase === phase;
}

function updateChildren(
  state: SupervisorState,
  which: (child: ChildState) => boolean,
  change: Partial<ChildState>,
): SupervisorState {
  return {
    ...state,
    children: state.children.map((child) => which(child) ? { ...child, ...change } : child),
  };
}
