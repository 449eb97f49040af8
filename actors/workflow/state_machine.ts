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
export interface MachineOptions<S, N extends string, T extends EventType, F extends EventType, D> {
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
  readonly timer: MachineTimer<S, D>;
}

/** The one timer of a case: what expires next by its state, and the event that it appends. */
export interface MachineTimer<S, D> {
  readonly name: string;
  deadlineOf(state: S): D | undefined;
  /** Whether the timer may stay as it is set. */
  isSame(was: D, is: D): boolean;
  /** ISO. */
  at(deadline: D): string;
  event(deadline: D, caseId: string): EventDraft;
}

/** What a rule may use. */
export interface RuleInput<S, T extends EventType = EventType> {
  readonly event: EventOf<T>;
  readonly before: S;
  readonly after: S;
  readonly context: HandlerContext;
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
  D,
>(name: string, options: MachineOptions<S, N, T, F, D>): StateMachine<S, N, T, F, D> {
  return new StateMachine(name, options);
}

/** A machine, as far as it is said. */
export class StateMachine<S, N extends string, T extends EventType, F extends EventType, D> {
  readonly #name: string;
  readonly #options: MachineOptions<S, N, T, F, D>;
  readonly #rules: Rule<S, N>[] = [];
  #refusal: Pick<Rule<S, N>, "emits" | "make"> | undefined;

  constructor(name: string, options: MachineOptions<S, N, T, F, D>) {
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
    const { version, emits, takes, folds, initial, evolve, at, timer, alarms, alarmsOf } = this.#options;
    const chart = this.#checkedChart();
    const outputsOf = this.#outputs();
    return {
      ...{ name: this.#name, version, emits, takes, folds, chart, ...(alarms && { alarms }) },
      initial: () => initial,
      at,
      evolve: evolve as Workflow<S, T, F>["evolve"],
      handle(event, before, context) {
        const handled = event as CaseEvent;
        const after = evolve(before, handled);
        const events = outputsOf({ event: handled, before, after, context });
        const timers = timerChanges(timer, before, after, handled.data.case_id);
        const raised = alarmsOf?.(event as EventOf<T>, events);
        return raised === undefined || raised.length === 0
          ? { events, timers }
          : { events, timers, alarms: raised };
      },
    };
  }

  /** Rules are found by the signal, so that an event without any costs nothing. */
  #outputs(): (input: RuleInput<S>) => readonly EventDraft[] {
    const { accepts, at, signalOf } = this.#options;
    const refusal = this.#refusal;
    const signals = [...new Set(this.#rules.flatMap(({ on }) => on))];
    const rules = new Map(
      signals.map((signal) => [signal, this.#rules.filter(({ on }) => on.includes(signal))]),
    );
    const types = new Set(signals.map((signal) => signal.split(":")[0]));
    return (input) => {
      const { event, before } = input;
      if (!accepts(before, event)) return refusal === undefined ? NOTHING : draftOf(refusal, input);
      // A type that no rule is about is told by a look-up, without its signal.
      const found = types.has(event.event_type) ? rules.get(signalOf(event)) : undefined;
      if (found === undefined) return NOTHING;
      const state = at(before);
      const rule = found.find((each) => (each.in?.includes(state) ?? true) && (each.when?.(input) ?? true));
      return rule === undefined ? NOTHING : draftOf(rule, input);
    };
  }

  #checkedChart(): Chart {
    const { emits } = this.#options;
    const refused = this.#refusal?.emits;
    const chart = this.#chart();
    const undeclared = refused === undefined || emits.includes(refused)
      ? []
      : [`The output ${refused} is not declared: add it to emits`];
    const problems = [...chartProblems(chart, emits.filter((type) => type !== refused)), ...undeclared];
    if (problems.length > 0) throw new InvalidWorkflow(this.#name, problems);
    return chart;
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

const NOTHING: readonly EventDraft[] = [];

function draftOf<S>(
  { emits, make }: Pick<Rule<S, string>, "emits" | "make">,
  input: RuleInput<S>,
): readonly EventDraft[] {
  const data = make(input);
  return data === undefined ? NOTHING : [{ event_type: emits, data } as EventDraft];
}

/** The timer follows from the state, before and after. */
function timerChanges<S, D>(
  { name, deadlineOf, isSame, at, event }: MachineTimer<S, D>,
  before: S,
  after: S,
  caseId: string,
): readonly TimerChange[] {
  const [was, is] = [deadlineOf(before), deadlineOf(after)];
  if (is === undefined) return was === undefined ? [] : [{ kind: "cancel", name }];
  if (was !== undefined && isSame(was, is)) return [];
  return [{ kind: "set", name, at: at(is), event: event(is, caseId) }];
}
