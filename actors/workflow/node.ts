/** What a workflow is made of: nodes by name, joined by links. @module */
import type { CaseEvent, DataOf, EventOf, EventType } from "../../schema/events.ts";
import type { HandlerContext } from "../processor.ts";

/** What a step may use: the event that led to it, what is kept of the case, that event included, and the context of the handler. */
export interface StepInput<D> extends HandlerContext {
  readonly event: CaseEvent;
  readonly data: D;
}

/** By type, the fields that its data names, without its case: a workflow emits for the case that it handles. */
type DraftData = { readonly [T in EventType]: Named<DataOf<T>> };
type Named<D> = {
  readonly [K in keyof D as string extends K ? never : K extends "case_id" ? never : K]: D[K];
};

/** Makes the data of an output, or undefined where there is nothing to say. */
export type Make<D, T extends EventType> = (input: StepInput<D>) => DraftData[T] | undefined;

/** An event that a node emits. */
export interface Output<D> {
  readonly type: EventType;
  make(input: StepInput<D>): object | undefined;
  /** The case it is for, where that is another one. */
  readonly to?: To<D>;
}

/** Names another case, by what is kept of this one. */
export type To<D> = (input: { readonly case_id: string; readonly data: D }) => string;

/** Where a node leads. Undefined while nothing follows it yet. */
export interface Link {
  to: string | undefined;
}

/** An event that a wait waits for. */
export interface Arrival<D> {
  readonly name: string;
  readonly on: EventType;
  match?(event: CaseEvent, data: D): boolean;
  readonly link: Link;
}

/** When a wait expires, and what comes then. */
export interface WaitTerm<D> {
  /** For people: `30d`, or the reason that a function decides. */
  readonly text: string;
  /** ISO; undefined where this case has no term. */
  until(input: Pick<StepInput<D>, "event" | "data" | "now">): string | undefined;
  readonly link: Link;
}

interface StepNode<D> {
  readonly kind: "step";
  readonly name: string;
  readonly output: Output<D>;
  /** What takes the step back. */
  undo?: Output<D>;
  readonly link: Link;
}

interface ChoiceNode<D> {
  readonly kind: "choice";
  readonly name: string;
  choose(data: D, event: CaseEvent): string;
  readonly ways: ReadonlyMap<string, Link>;
}

/** The case stands here until an arrival or the term. With `needsAll` every arrival is awaited, in any order. */
export interface WaitNode<D> {
  readonly kind: "wait";
  readonly name: string;
  readonly arrivals: Arrival<D>[];
  readonly needsAll: boolean;
  readonly term?: WaitTerm<D> | undefined;
  /** Why it may wait for ever, where it has no term. */
  readonly withoutTerm?: string | undefined;
}

/** Takes back what was done, newest first. */
interface UndoNode {
  readonly kind: "undo";
  readonly name: string;
  readonly link: Link;
}

interface EndNode {
  readonly kind: "end";
  readonly name: string;
}

export type WorkflowNode<D> = StepNode<D> | ChoiceNode<D> | WaitNode<D> | UndoNode | EndNode;

/** How what is kept of a case changes with each event type. */
export type Folds<D> = { readonly [T in EventType]?: (data: D, event: EventOf<T>) => D };

/** An event that ends the workflow wherever it waits, after what was done is taken back. */
export interface Cancellation<D> {
  readonly on: EventType;
  match?(event: CaseEvent, data: D): boolean;
}

/** A workflow as its builder leaves it. */
export interface Definition<D> {
  readonly name: string;
  readonly version: number;
  readonly emits: readonly EventType[];
  readonly begins?: string | undefined;
  readonly initial: D;
  readonly folds: Folds<D>;
  readonly nodes: Map<string, WorkflowNode<D>>;
  readonly cancellations: Cancellation<D>[];
}

/** Where every case stands before the event that begins its workflow. */
export const BEGIN = "begin";
/** Where a case stands after an event of `cancelOn`. */
export const CANCELLED = "cancelled";

/** Every way out of a node, with what leads there, for people. */
export function linksOf<D>(node: WorkflowNode<D>): readonly (readonly [string, Link])[] {
  switch (node.kind) {
    case "step":
    case "undo":
      return [["", node.link]];
    case "choice":
      return [...node.ways];
    case "wait": {
      const arrivals = arrivalLinks(node);
      return node.term === undefined ? arrivals : [...arrivals, [`after ${node.term.text}`, node.term.link]];
    }
    case "end":
      return [];
  }
}

/** Of a wait for several there is one way out: once all of them came. */
function arrivalLinks<D>({ arrivals, needsAll }: WaitNode<D>): readonly (readonly [string, Link])[] {
  if (!needsAll) return arrivals.map(({ on, link }) => [on, link]);
  return arrivals.slice(0, 1).map(({ link }) => [arrivals.map(({ name }) => name).join(" and "), link]);
}
