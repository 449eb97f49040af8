/**
 * A workflow over a state that several processors fold: its moves are a table of states and signals, and rules say what
 * follows from an event. It compiles to the same processor with a chart as `workflow()` does, and is checked as that is.
 * @module
 */
import type { CaseEvent, DataOf, EventOf, EventType } from "../../schema/events.ts";
import type { EventDraft, HandlerContext, TimerChange } from "../processor.ts";
import type { Chart, ChartMove, ChartState } from "./chart.ts";
import { chartProblems, InvalidWorkflow } from "./check.ts";
import type { Workflow } from "./compile.ts";

/** Where a state waits: by when, or for whom. */
export type StateWait = { readonly until: string } | { readonly for: string };

/** What a machine is made of beside its rules. */
export interface MachineOptions<S, N extends string, T extends EventType, F extends EventType> {
  readonly version: number;
  readonly emits: readonly EventType[];
  readonly takes: readonly T[];
  readonly folds: readonly F[];
  /** What people must not miss, by name: see `Processor.alarms`. */
  readonly alarms?: readonly string[];
  /** Which of them an event raises, by what follows from it. */
  alarmsOf?(event: EventOf<T>, outputs: readonly EventDraft[]): readonly string[];
  readonly initial: S;
  evolve(state: S, event: CaseEvent): S;
  at(state: S): N;
  /** False for an event that the case can't take where it stands: `refuse` says what follows then. */
  accepts(before: S, event: CaseEvent): boolean;
  /** The signal of an event: its type, with what makes a difference behind a colon. */
  signalOf(event: CaseEvent): string;
  /** By state and signal, the state after it. */
  readonly moves: Readonly<Record<N, Readonly<Record<string, N>>>>;
  readonly begins: N;
  /** Every state but the ends. */
  readonly waits: { readonly [state in N]?: StateWait };
  /** The one timer of a case: what expires next by its state, and the event that it appends. */
  readonly timer: { readonly name: string; dueAt(state: S, caseId: string): TimerDue | undefined };
}

/** When a timer is due, and what it appends. */
export interface TimerDue {
  readonly at: string;
  readonly event: EventDraft;
}

/** What a rule may use. */
export interface RuleInput<S, T extends EventType = EventType> extends HandlerContext {
  readonly event: EventOf<T>;
  readonly before: S;
  readonly after: S;
}

/** Where a rule applies: everywhere, unless it says otherwise. */
interface RuleScope<S, N extends string> {
  readonly in?: readonly N[];
  readonly when?: (step: { readonly before: S; readonly after: S }) => boolean;
}

interface Rule<S, N extends string> extends RuleScope<S, N> {
  readonly on: readonly string[];
  readonly emits: EventType;
  // deno-lint-ignore no-explicit-any
  make(input: RuleInput<S, any>): object | undefined;
}

/** The signals of types, and the type of a signal. */
type SignalOf<T extends EventType> = T | `${T}:${string}`;
type TypeOf<G extends string> = (G extends `${infer T}:${string}` ? T : G) & EventType;

/** Begins a machine. */
export function stateMachine<
  S,
  N extends string,
  const T extends EventType,
  const F extends EventType,
>(name: string, options: MachineOptions<S, N, T, F>): StateMachine<S, N, T, F> {
  return new StateMachine(name, options);
}

/** A machine, as far as it is said. */
export class StateMachine<S, N extends string, T extends EventType, F extends EventType> {
  readonly #name: string;
  readonly #options: MachineOptions<S, N, T, F>;
  readonly #rules: Rule<S, N>[] = [];
  #refusal: Pick<Rule<S, N>, "emits" | "make"> | undefined;

  constructor(name: string, options: MachineOptions<S, N, T, F>) {
    this.#name = name;
    this.#options = options;
  }

  /** What follows from an event that the case can't take. */
  refuse<E extends EventType>(emits: E, make: (input: RuleInput<S, T>) => DataOf<E>): this {
    this.#refusal = { emits, make };
    return this;
  }

  /** What follows from these signals. The first rule that applies counts, whether or not it has something to say. */
  on<G extends SignalOf<T>, E extends EventType>(
    on: readonly G[],
    emits: E,
    make: (input: RuleInput<S, TypeOf<G>>) => DataOf<E> | undefined,
    scope: RuleScope<S, N> = {},
  ): this {
    this.#rules.push({ on, emits, make, ...scope });
    return this;
  }

  /** The processor, once its chart is found sound. Throws InvalidWorkflow with everything that is wrong. */
  build(): Workflow<S, T, F> {
    const { version, emits, takes, folds, initial, evolve, at, alarms, alarmsOf } = this.#options;
    const chart = this.#chart();
    const refused = this.#refusal?.emits;
    const problems = chartProblems(chart, emits.filter((type) => type !== refused));
    if (refused !== undefined && !emits.includes(refused)) {
      throw new InvalidWorkflow(this.#name, [
        ...problems,
        `The output ${refused} is not declared: add it to emits`,
      ]);
    }
    if (problems.length > 0) throw new InvalidWorkflow(this.#name, problems);
    return {
      ...{ name: this.#name, version, emits, takes, folds, chart, ...(alarms && { alarms }) },
      initial: () => initial,
      at,
      evolve: (state, event) => evolve(state, event as CaseEvent),
      handle: (event, before, context) => {
        const after = evolve(before, event as CaseEvent);
        const { case_id } = (event as CaseEvent).data;
        const events = this.#outputs({ ...context, event: event as CaseEvent, before, after });
        const raised = alarmsOf?.(event as EventOf<T>, events) ?? [];
        const timers = this.#timerChanges(case_id, before, after);
        return { events, timers, ...(raised.length > 0 && { alarms: raised }) };
      },
    };
  }

  #outputs(input: RuleInput<S>): readonly EventDraft[] {
    const { event, before, after } = input;
    const { accepts, at, signalOf } = this.#options;
    if (!accepts(before, event)) return this.#refusal === undefined ? [] : draftOf(this.#refusal, input);
    const [state, signal] = [at(before), signalOf(event)];
    const rule = this.#rules.find((each) =>
      each.on.includes(signal) && (each.in?.includes(state) ?? true) &&
      (each.when?.({ before, after }) ?? true)
    );
    return rule === undefined ? [] : draftOf(rule, input);
  }

  /** The timer follows from the state, before and after. */
  #timerChanges(caseId: string, before: S, after: S): readonly TimerChange[] {
    const { name, dueAt } = this.#options.timer;
    const [was, is] = [dueAt(before, caseId), dueAt(after, caseId)];
    if (is === undefined) return was === undefined ? [] : [{ kind: "cancel", name }];
    return was !== undefined && isSame(was, is) ? [] : [{ kind: "set", name, ...is }];
  }

  #chart(): Chart {
    const { moves, waits, begins } = this.#options;
    const names = Object.keys(moves) as N[];
    return {
      name: this.#name,
      begins,
      states: names.map((name) => stateOf(name, waits[name])),
      moves: names.flatMap((from) =>
        Object.entries<N>(moves[from]).map(([on, to]) => this.#move(from, on, to))
      ),
    };
  }

  /** A move, with all that may be emitted on the way. */
  #move(from: N, on: string, to: N): ChartMove {
    const rules = this.#rules.filter((rule) => rule.on.includes(on) && (rule.in?.includes(from) ?? true));
    return { from, to, on, emits: [...new Set(rules.map(({ emits }) => emits))] };
  }
}

function stateOf(name: string, wait: StateWait | undefined): ChartState {
  if (wait === undefined) return { name, kind: "end" };
  return "until" in wait
    ? { name, kind: "wait", term: wait.until }
    : { name, kind: "wait", waitsFor: wait.for };
}

function draftOf<S>(
  { emits, make }: Pick<Rule<S, string>, "emits" | "make">,
  input: RuleInput<S>,
): EventDraft[] {
  const data = make(input);
  return data === undefined ? [] : [{ event_type: emits, data } as EventDraft];
}

function isSame(was: TimerDue, is: TimerDue): boolean {
  const [before, after] = [was.event.data, is.event.data] as Readonly<Record<string, unknown>>[];
  return was.at === is.at && was.event.event_type === is.event.event_type &&
    Object.keys(after!).every((field) => before![field] === after![field]);
}
