/** A supervisor of children, itself a child: performs what `child_state.ts` decides. @module */
import type { Exit } from "./restart_policy.ts";
import {
  type ChildPlan,
  type Effect,
  initialState,
  type Message,
  step,
  type SupervisorPlan,
  type SupervisorState,
} from "./child_state.ts";
import { describeError } from "../error_info.ts";

/** Something that was started, and ends. */
export interface Child {
  /** Resolves when the next child may be started. */
  readonly ready: Promise<unknown>;
  /** Resolves when it has ended, for any reason. Never rejects. */
  readonly ended: Promise<Exit>;
  stop(): void;
  /** Ends it without asking, as far as that is possible. */
  kill(): void;
}

/** A child as data, and how it is started. If `start` throws, the child has failed for that reason. */
export interface ChildSpec extends ChildPlan {
  start(): Child;
}

/** Called for every child that failed, before it is started again or given up. */
type OnChildExit = (id: string, exit: Exit) => void;

/** The longest delay of `setTimeout`: a longer one fires at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class ChildSupervisor implements Child {
  readonly #specs: ReadonlyMap<string, ChildSpec>;
  readonly #onChildExit: OnChildExit;
  readonly #children = new Map<string, Child>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<Exit>();
  readonly #mailbox: Message[] = [];
  #state: SupervisorState;
  #busy = false;

  /** Begins at once: the first child is started before this returns. */
  constructor(
    plan: Omit<SupervisorPlan, "children">,
    children: readonly ChildSpec[],
    onChildExit: OnChildExit = () => {},
  ) {
    this.#specs = new Map(children.map((spec) => [spec.id, spec]));
    this.#onChildExit = onChildExit;
    const plans = children.map(({ id, restart, stopMs }) => ({ id, restart, stopMs }));
    this.#state = initialState({ ...plan, children: plans });
    this.#post({ kind: "begin" });
  }

  /** Resolves when all children have come up, or when it has ended. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get ended(): Promise<Exit> {
    return this.#ended.promise;
  }

  /** Stops its children, right to left. Legal twice. */
  stop(): void {
    this.#post({ kind: "stop" });
  }

  /** Ends its children without waiting for them, right to left. */
  kill(): void {
    this.stop();
    for (const id of [...this.#specs.keys()].reverse()) this.#children.get(id)?.kill();
  }

  /** One message at a time: messages that an effect posts are queued. */
  #post(message: Message): void {
    this.#mailbox.push(message);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#mailbox.shift(); next !== undefined; next = this.#mailbox.shift()) {
      const { state, effects } = step(this.#state, next, Date.now(), Math.random());
      this.#state = state;
      for (const effect of effects) this.#perform(effect);
    }
    this.#busy = false;
    if (this.#state.children.every(isSettled)) this.#ready.resolve();
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "start":
        return this.#start(this.#specs.get(effect.id)!);
      case "stop":
        return this.#stop(this.#children.get(effect.id), effect.withinMs);
      case "schedule":
        return void this.#setTimer(effect.afterMs, () => this.#post({ kind: "restart", ids: effect.ids }));
      case "end":
        return this.#end(effect.exit);
    }
  }

  #start(spec: ChildSpec): void {
    const { id } = spec;
    let child: Child;
    try {
      child = spec.start();
    } catch (error) {
      const { class: name, message } = describeError(error);
      return this.#childExited(id, {
        kind: "failed",
        reason: `it could not be started: ${name}: ${message}`,
        error,
      });
    }
    this.#children.set(id, child);
    child.ready.then(() => this.#children.get(id) === child && this.#post({ kind: "ready", id }));
    child.ended.then((exit) => {
      this.#children.delete(id);
      this.#childExited(id, exit);
    });
  }

  #childExited(id: string, exit: Exit): void {
    if (exit.kind === "failed") this.#onChildExit(id, exit);
    this.#post({ kind: "exited", id, exit });
  }

  /** Asks, waits until the deadline, and ends it. */
  #stop(child: Child | undefined, withinMs: number): void {
    // It has ended already; its message is queued.
    if (child === undefined) return;
    if (withinMs === 0) return child.kill();
    child.stop();
    const cancel = this.#setTimer(Math.min(withinMs, LONGEST_TIMER_MS), () => child.kill());
    child.ended.then(cancel);
  }

  #setTimer(ms: number, act: () => void): () => void {
    const timer = setTimeout(() => (this.#timers.delete(timer), act()), ms);
    this.#timers.add(timer);
    return () => (clearTimeout(timer), this.#timers.delete(timer));
  }

  #end(exit: Exit): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#ready.resolve();
    this.#ended.resolve(exit);
  }
}

function isSettled({ phase, restartState }: SupervisorState["children"][number]): boolean {
  return restartState === "no" && phase !== "due" && phase !== "starting";
}
