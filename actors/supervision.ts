/**
 * What a supervisor does next: a state, a message, and what follows from them. Pure: `child_supervisor.ts` performs the
 * effects and brings the messages, among them its own, such as that a backoff is over.
 * @module
 */
import { type Backoff, backoffMs } from "./backoff.ts";
import { type Exit, isRestarted, type RestartType } from "./restart_policy.ts";
import { addRestart, type Intensity } from "./restart_window.ts";
import { affected, isOrdered, type Strategy } from "./strategy.ts";

/** A child as data. */
export interface ChildPlan {
  readonly id: string;
  readonly restart: RestartType;
  /** How long it may take to stop once it was asked to, in milliseconds; 0: it is not asked. */
  readonly stopMs: number;
}

/** A supervisor as data: whom it starts, in this order, and what it does when one of them ends. */
export interface SupervisorPlan {
  readonly id: string;
  readonly strategy: Strategy;
  /** More restarts than this, and it gives up: it stops its children, and fails itself. */
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
  /** Its restart is scheduled or was held up: it is due once those that go down with it are down. */
  readonly again: "no" | "scheduled" | "now";
  /** Failures in a row, for the backoff. */
  readonly failures: number;
}

export interface Supervision {
  readonly plan: SupervisorPlan;
  readonly mode: "running" | "stopping" | "ended";
  readonly children: readonly ChildState[];
  /** When children were restarted, as far as it still counts. */
  readonly restarts: readonly number[];
  /** How it ends, once it stops. */
  readonly exit: Exit;
}

export type Message =
  | { readonly kind: "begin" }
  | { readonly kind: "ready"; readonly id: string }
  | { readonly kind: "exited"; readonly id: string; readonly exit: Exit }
  | { readonly kind: "again"; readonly ids: readonly string[] }
  | { readonly kind: "stop" };

export type Effect =
  | { readonly kind: "start"; readonly id: string }
  | { readonly kind: "stop"; readonly id: string; readonly withinMs: number }
  | { readonly kind: "schedule"; readonly ids: readonly string[]; readonly afterMs: number }
  | { readonly kind: "end"; readonly exit: Exit };

/** What a message leads to. */
interface Step {
  readonly state: Supervision;
  readonly effects: readonly Effect[];
}

/** A supervisor before it begins. */
export function supervision(plan: SupervisorPlan): Supervision {
  const children = plan.children.map((child): ChildState => ({
    ...child,
    phase: "down",
    again: "no",
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

/** The next state, and what is to be done. `now` in milliseconds, `random` in [0, 1). */
export function step(state: Supervision, message: Message, now: number, random: number): Step {
  if (state.mode === "ended") return { state, effects: [] };
  switch (message.kind) {
    case "begin":
      return onward(changed(state, () => true, { phase: "due" }));
    case "ready":
      return onward(changed(state, isIn(message.id, "starting"), { phase: "up" }));
    case "again":
      return onward(changed(state, ({ id }) => message.ids.includes(id), { again: "now" }));
    case "stop":
      return onward(stopping(state, state.exit));
    case "exited":
      return exited(state, message.id, message.exit, now, random);
  }
}

function exited(state: Supervision, id: string, exit: Exit, now: number, random: number): Step {
  const child = state.children.find((each) => each.id === id)!;
  const gone = changed(state, (each) => each === child, { phase: "down" });
  const died = child.phase === "starting" || child.phase === "up";
  if (!died || !isRestarted(child.restart, exit.kind)) return onward(gone);
  const { restarts, exceeded } = exit.excused
    ? { restarts: state.restarts, exceeded: false }
    : addRestart(state.restarts, now, state.plan.intensity);
  if (exceeded) return onward(stopping({ ...gone, restarts }, givenUp(state.plan, id, exit)));
  return restarted({ ...gone, restarts }, id, exit, random);
}

/** The child, and those that go down with it, are started again after a backoff. What is temporary is not. */
function restarted(state: Supervision, id: string, exit: Exit, random: number): Step {
  const order = state.children.map((child) => child.id);
  const down = affected(state.plan.strategy, order, id);
  const ids = down.filter((each) => each === id || restartOf(state, each) !== "temporary");
  const before = state.children.find((child) => child.id === id)!.failures;
  const failures = exit.kind !== "failed" ? 0 : exit.served ? 1 : before + 1;
  const afterMs = failures === 0 ? 0 : backoffMs(failures, state.plan.backoff, random);
  let next = changed(state, (child) => ids.includes(child.id), { again: "scheduled" });
  next = changed(next, (child) => child.id === id, { failures });
  next = changed(next, (child) => down.includes(child.id) && child.phase === "due", { phase: "down" });
  next = changed(next, (child) => down.includes(child.id) && isRunning(child), { phase: "leaving" });
  const { state: after, effects } = onward(next);
  return { state: after, effects: [...effects, { kind: "schedule", ids, afterMs }] };
}

function restartOf(state: Supervision, id: string): RestartType {
  return state.children.find((child) => child.id === id)!.restart;
}

function givenUp({ id, intensity }: SupervisorPlan, child: string, { reason, error }: Exit): Exit {
  const allowed = `${intensity.restarts} in ${intensity.periodMs / 1000} s`;
  const often = `${id} ended more often than allowed (${allowed})`;
  return { kind: "failed", reason: `${often}, the last one, ${child}, because ${reason}`, error };
}

function stopping(state: Supervision, exit: Exit): Supervision {
  if (state.mode !== "running") return state;
  const leaving = changed(state, isRunning, { phase: "leaving" });
  const down = changed(leaving, ({ phase }) => phase === "due", { phase: "down" });
  return { ...down, mode: "stopping", exit };
}

/** Stops what is leaving, right to left; then starts what is due, left to right; or ends. */
function onward(state: Supervision): Step {
  const stops = toStop(state);
  if (stops.length > 0) {
    const stopped = changed(state, (child) => stops.includes(child), { phase: "stopping" });
    return {
      state: stopped,
      effects: stops.map(({ id, stopMs }) => ({ kind: "stop", id, withinMs: stopMs })),
    };
  }
  if (state.children.some(isStopping)) return { state, effects: [] };
  if (state.mode === "stopping") {
    return { state: { ...state, mode: "ended" }, effects: [{ kind: "end", exit: state.exit }] };
  }
  return started(
    changed(state, ({ phase, again }) => phase === "down" && again === "now", { phase: "due", again: "no" }),
  );
}

/** Children that do not depend on each other stop side by side; others one after the other. */
function toStop({ plan, children }: Supervision): readonly ChildState[] {
  const leaving = children.filter(({ phase }) => phase === "leaving").reverse();
  if (!isOrdered(plan.strategy)) return leaving;
  return children.some(({ phase }) => phase === "stopping") ? [] : leaving.slice(0, 1);
}

function started(state: Supervision): Step {
  const due = state.children.filter(({ phase }) => phase === "due");
  const waits = isOrdered(state.plan.strategy);
  const starts = !waits
    ? due
    : state.children.some(({ phase }) => phase === "starting")
    ? []
    : due.slice(0, 1);
  const next = changed(state, (child) => starts.includes(child), { phase: "starting" });
  return { state: next, effects: starts.map(({ id }) => ({ kind: "start", id })) };
}

function isRunning({ phase }: ChildState): boolean {
  return phase === "starting" || phase === "up";
}

function isStopping({ phase }: ChildState): boolean {
  return phase === "leaving" || phase === "stopping";
}

function isIn(id: string, phase: Phase): (child: ChildState) => boolean {
  return (child) => child.id === id && child.phase === phase;
}

function changed(
  state: Supervision,
  which: (child: ChildState) => boolean,
  change: Partial<ChildState>,
): Supervision {
  return {
    ...state,
    children: state.children.map((child) => which(child) ? { ...child, ...change } : child),
  };
}
