/**
 * Workflows: a long-running process, said as a typed definition that compiles to an ordinary pure processor. Nothing is
 * replayed: where a case stands is folded from its events, so the code may change at any time, and what changes is the future.
 *
 * ```ts
 * // reminder.ts
 * import { workflow } from "@zaakstroom/zaakstroom/workflow";
 *
 * // Asks a person to ring when an instalment was missed and nothing was paid in two weeks, and the team lead after two more.
 * export const reminder = workflow("reminder", { version: 1, emits: ["case.review_requested"] })
 *   .on("case.payment_missed")
 *   .waitFor("payment", { on: "case.payment_received", within: "14d" })
 *   .orElse((late) =>
 *     late.step("ring", "case.review_requested", () => ({
 *       asked_of: "caseworker",
 *       reasons: [{ code: "arrears", reason: "Nothing was paid in two weeks: ring" }],
 *       rules: [],
 *     }))
 *       .waitFor("answer", { on: "case.payment_received", within: "14d" })
 *       .orElse((silent) => silent.end("silent"))
 *   )
 *   .end("paid")
 *   .cancelOn("case.withdrawn")
 *   .build();
 * ```
 * @module
 */
import type { CaseEvent, EventType } from "../../schema/events.ts";
import { compileWorkflow, type Workflow } from "./compile.ts";
import { type Duration, durationMs, momentAfter } from "./duration.ts";
import {
  type Arrival,
  BEGIN,
  CANCELLED,
  type Definition,
  type Folds,
  type Link,
  type Make,
  type Output,
  type StepInput,
  type To,
  type WaitNode,
  type WaitTerm,
  type WorkflowNode,
} from "./node.ts";
import type { Place } from "./place.ts";
import {
  arrivalOf,
  type Awaited,
  type ForEach,
  type WaitLength,
  type WorkedOut,
  type WorkflowOptions,
} from "./said.ts";
import { type ChildStart, isEndOf, startOf } from "./child.ts";

export { type Chart, type ChartMove, type ChartState, mermaid } from "./chart.ts";
export { InvalidWorkflow } from "./check.ts";
export {
  type MachineOptions,
  type MachineTimer,
  type RuleInput,
  type StateMachine,
  stateMachine,
  type StateWait,
} from "./state_machine.ts";
export { type LaterVersion, type VersionedPlace, versions } from "./versions.ts";
export type {
  Awaited,
  ChildStart,
  Duration,
  Folds,
  Make,
  Place,
  StepInput,
  To,
  WaitLength,
  WorkedOut,
  Workflow,
  WorkflowOptions,
};

/** Begins the definition of a workflow. */
export function workflow<E extends EventType>(
  name: string,
  { version, emits, begins }: WorkflowOptions<E>,
): WorkflowStart<undefined, E> {
  return beginningOf({ name, version, emits, begins, initial: undefined, folds: {} });
}

/** A workflow of which nothing is said yet but its name. */
export interface WorkflowStart<D, E extends EventType> {
  /** What is kept of a case, and how events change it: the answer to a query. Must not change what it is given. */
  keeps<K>(initial: K, folds: Folds<K>): WorkflowStart<K, E>;
  /** The event with which a case begins. */
  on<T extends EventType>(type: T, match?: Awaited<D, T>["match"]): WorkflowPath<D, E>;
  /** Begins where a workflow of another case starts it as its child: its end is told there. */
  onStart(): WorkflowPath<D, E>;
}

function beginningOf<D, E extends EventType>(
  said: Omit<Definition<D>, "nodes" | "cancellations">,
): WorkflowStart<D, E> {
  const start: WorkflowStart<D, E> = {
    keeps: <K>(initial: K, folds: Folds<K>) => beginningOf<K, E>({ ...said, initial, folds }),
    on(type, match) {
      const definition: Definition<D> = { ...said, nodes: new Map(), cancellations: [] };
      const begin: Arrival<D> = arrivalOf(BEGIN, { on: type, ...match && { match } });
      const withoutTerm = "the event that begins it";
      definition.nodes.set(BEGIN, {
        ...{ kind: "wait", name: BEGIN, arrivals: [begin], needsAll: false, withoutTerm },
      });
      return new WorkflowPath<D, E>(definition, [], [begin.link]);
    },
    onStart: () => start.on("case.child_started", ({ data }) => data.workflow === said.name),
  };
  return start;
}

/** A way through a workflow, as far as it is said: each call says what comes next. */
export class WorkflowPath<D, E extends EventType> {
  readonly #definition: Definition<D>;
  readonly #problems: string[];
  /** What leads to the next node. */
  #open: Link[];
  #last: WorkflowNode<D> | undefined;

  /** @ignore A path begins with `workflow(…).on(…)`. */
  constructor(definition: Definition<D>, problems: string[], open: Link[]) {
    this.#definition = definition;
    this.#problems = problems;
    this.#open = open;
  }

  /** Emits an event, or nothing where `make` gives undefined. */
  readonly step = ((name: string, type: EventType, make: Output<D>["make"]) => {
    const link: Link = { to: undefined };
    return this.#add({ kind: "step", name, output: { type, make }, link }, [link]);
  }) as unknown as ForEach<{ [T in E]: (name: string, type: T, make: Make<D, T>) => WorkflowPath<D, E> }[E]>;

  /** Emits an event to another case, where it arrives once; what one case sends to another arrives in its order. */
  readonly send = ((name: string, type: EventType, to: To<D>, make: Output<D>["make"]) => {
    const link: Link = { to: undefined };
    return this.#add({ kind: "step", name, output: { type, make, to }, link }, [link]);
  }) as unknown as ForEach<
    { [T in E]: (name: string, type: T, to: To<D>, make: Make<D, T>) => WorkflowPath<D, E> }[E]
  >;

  /**
   * Starts a workflow in another case, by the step `start NAME`, and waits for its end: `choose` behind it can tell the ends
   * apart by the event's `outcome`. A child that was started goes on when this workflow no longer waits for it.
   */
  child(name: string, { term, ...child }: ChildStart<D> & { readonly term: WaitLength<D> }): this {
    const { name: own } = this.#definition;
    const link: Link = { to: undefined };
    this.#add({ kind: "step", name: `start ${name}`, output: startOf(own, name, child), link }, [link]);
    return this.waitFor(name, { on: "case.child_ended", match: isEndOf(own, name, child), ...term });
  }

  /** How the step before is taken back, by `undo` or when the workflow is cancelled. */
  readonly compensate = ((type: EventType, make: Output<D>["make"]) => {
    if (this.#last?.kind === "step") this.#last.undo = { type, make };
    else this.#problems.push(`A compensation of ${type} follows no step`);
    return this;
  }) as unknown as ForEach<{ [T in E]: (type: T, make: Make<D, T>) => WorkflowPath<D, E> }[E]>;

  /** Waits for a time, whatever happens. */
  after(duration: Duration, name: string = `after ${duration}`): this {
    const term = this.#termOf(name, { within: duration });
    const wait: WaitNode<D> = { kind: "wait", name, arrivals: [], needsAll: false, term };
    return this.#add(wait, term === undefined ? [] : [term.link]);
  }

  /** Waits for an event. What happens when the term expires is said by `orElse`. */
  waitFor<T extends EventType>(name: string, { on, match, ...term }: Awaited<D, T> & WaitLength<D>): this {
    return this.#wait(name, [arrivalOf(name, { on, ...match && { match } })], term as WaitLength<D>);
  }

  /** Waits for several events, each once, in any order. */
  waitForAll<T extends EventType>(
    name: string,
    { of, ...term }: { readonly of: { readonly [name: string]: Awaited<D, T> } } & WaitLength<D>,
  ): this {
    const link: Link = { to: undefined };
    const arrivals = Object.entries(of).map(([name, awaited]) => ({ ...arrivalOf(name, awaited), link }));
    return this.#wait(name, arrivals, term as WaitLength<D>, true);
  }

  /** Another event that the wait before waits for, with the way it leads. A way that does not end joins this one. */
  or<T extends EventType>(name: string, awaited: Awaited<D, T>, way: Way<D, E>): this {
    const wait = this.#last;
    if (wait?.kind !== "wait" || wait.needsAll) {
      this.#problems.push(`${name} follows no wait that it could be an alternative to`);
      return this;
    }
    const arrival = arrivalOf(name, awaited);
    wait.arrivals.push(arrival);
    return this.#branch([arrival.link], way);
  }

  /** What happens when the term of the wait before expires. A way that does not end joins this one. */
  orElse(way: Way<D, E>): this {
    if (this.#last?.kind === "wait" && this.#last.term !== undefined) {
      return this.#branch([this.#last.term.link], way);
    }
    this.#problems.push("An orElse follows no wait with a term");
    return this;
  }

  /** Goes one of several ways. Those that do not end join again. */
  choose<K extends string>(
    name: string,
    choose: (data: D, event: CaseEvent) => K,
    ways: { readonly [W in NoInfer<K>]: Way<D, E> },
  ): this {
    const links = new Map(Object.keys(ways).map((way): [string, Link] => [way, { to: undefined }]));
    this.#add({ kind: "choice", name, choose, ways: links }, []);
    const choice = this.#last;
    for (const [way, link] of links) this.#branch([link], ways[way as K]);
    this.#last = choice;
    return this;
  }

  /** Takes back the steps that were done, newest first, each by its compensation. */
  undo(name = "undo"): this {
    const link: Link = { to: undefined };
    return this.#add({ kind: "undo", name, link }, [link]);
  }

  /** Goes on at a step, wait or choice by its name: a loop. */
  goto(name: string): this {
    for (const link of this.#open) link.to = name;
    this.#open = [];
    return this;
  }

  /** The workflow of the case is over. */
  end(name: string): this {
    if (this.#definition.nodes.get(name)?.kind === "end") return this.goto(name);
    return this.#add({ kind: "end", name }, []);
  }

  /** An event that ends the workflow wherever it waits: what was done is taken back. */
  cancelOn<T extends EventType>(type: T, match?: Awaited<D, T>["match"]): this {
    const { nodes, cancellations } = this.#definition;
    nodes.set(CANCELLED, { kind: "end", name: CANCELLED });
    cancellations.push({ on: type, ...match && { match: match as (event: CaseEvent, data: D) => boolean } });
    return this;
  }

  /** The processor, once it is found sound. Throws InvalidWorkflow with everything that is wrong. */
  build(): Workflow<Place<D>> {
    return compileWorkflow(this.#definition, this.#problems);
  }

  #wait(name: string, arrivals: Arrival<D>[], said: WaitLength<D>, needsAll = false): this {
    const withoutTerm = "withoutTerm" in said ? said.withoutTerm : undefined;
    const node: WaitNode<D> = {
      ...{ kind: "wait", name, arrivals, needsAll },
      term: this.#termOf(name, said),
      withoutTerm,
    };
    return this.#add(node, arrivals.slice(0, 1).map(({ link }) => link));
  }

  #termOf(name: string, said: WaitLength<D>): WaitTerm<D> | undefined {
    if (!("within" in said)) return undefined;
    const { within } = said;
    const link: Link = { to: undefined };
    if (typeof within !== "string") return { ...within, link };
    try {
      durationMs(within);
    } catch (error) {
      this.#problems.push(`The wait ${name}: ${(error as RangeError).message}`);
    }
    return { text: within, until: ({ now }) => momentAfter(now, within), link };
  }

  #add(node: WorkflowNode<D>, open: Link[]): this {
    const { nodes } = this.#definition;
    if (nodes.has(node.name)) this.#problems.push(`Two states have the name ${node.name}`);
    nodes.set(node.name, node);
    this.goto(node.name);
    this.#open = open;
    this.#last = node;
    return this;
  }

  #branch(from: Link[], way: Way<D, E>): this {
    const path = way(new WorkflowPath<D, E>(this.#definition, this.#problems, from));
    this.#open.push(...path.#open);
    return this;
  }
}

/** Says one way of a branch. */
export type Way<D, E extends EventType> = (path: WorkflowPath<D, E>) => WorkflowPath<D, E>;
