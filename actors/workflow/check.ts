/** What is wrong with a workflow, found before it is hosted: each problem is a sentence. Pure. @module */
import type { EventType } from "../../schema/events.ts";
import { type Chart, reachable } from "./chart.ts";
import { type Definition, linksOf, type WaitNode, type WorkflowNode } from "./node.ts";

/** A workflow that can't be hosted, with everything that is wrong with it. */
export class InvalidWorkflow extends Error {
  override name = "InvalidWorkflow";
  readonly problems: readonly string[];

  constructor(workflow: string, problems: readonly string[]) {
    super(`The workflow ${workflow} is not sound:\n${problems.map((each) => `- ${each}`).join("\n")}`);
    this.problems = problems;
  }
}

/** What any chart must hold to: every state is reached and leads to an end, every wait has a term, every output is declared. */
export function chartProblems(chart: Chart, declared: readonly EventType[]): readonly string[] {
  return [...unreachableStates(chart), ...statesWithoutEnd(chart), ...waitsWithoutTerm(chart)]
    .concat(outputProblems(chart, declared));
}

function unreachableStates({ begins, states, moves }: Chart): readonly string[] {
  const reached = reachable(moves, [begins]);
  return states.filter(({ name }) => !reached.has(name))
    .map(({ name }) => `The state ${name} is unreachable: nothing leads to it from ${begins}`);
}

function statesWithoutEnd({ states, moves }: Chart): readonly string[] {
  const back = moves.map((move) => ({ ...move, from: move.to, to: move.from }));
  const ends = states.filter(({ kind }) => kind === "end").map(({ name }) => name);
  const ending = reachable(back, ends);
  return states.filter(({ name }) => !ending.has(name))
    .map(({ name }) => `The state ${name} leads to no end`);
}

function waitsWithoutTerm({ states }: Chart): readonly string[] {
  return states
    .filter(({ kind, term, waitsFor }) => kind === "wait" && term === undefined && waitsFor === undefined)
    .map(({ name }) => `The wait ${name} has no term: give it one, or say why it may wait for ever`);
}

function outputProblems({ moves }: Chart, declared: readonly EventType[]): readonly string[] {
  const emitted = new Set(moves.flatMap(({ emits }) => emits));
  const undeclared = [...emitted].filter((type) => !declared.includes(type))
    .map((type) => `The output ${type} is not declared: add it to emits`);
  const unused = declared.filter((type) => !emitted.has(type))
    .map((type) => `The output ${type} is declared, and no step emits it`);
  return [...undeclared, ...unused];
}

/** What a definition of nodes must hold to before it has a chart: every link leads somewhere, and no circle runs without a wait. */
export function linkProblems<D>({ nodes }: Definition<D>): readonly string[] {
  const links = [...nodes.values()].flatMap((node) =>
    linksOf(node).flatMap(([on, { to }]) => linkProblem(node, on, to, nodes))
  );
  return links.length > 0 ? links : [...circles(nodes), ...shadowedArrivals(nodes)];
}

function linkProblem<D>(
  node: WorkflowNode<D>,
  on: string,
  to: string | undefined,
  nodes: ReadonlyMap<string, WorkflowNode<D>>,
): readonly string[] {
  const where = on === "" ? node.name : `${node.name} (${on})`;
  if (to === undefined) return [`Nothing follows ${where}: end it, or go on elsewhere`];
  return nodes.has(to) ? [] : [`${where} leads to ${to}, which is no state of the workflow`];
}

/** Nodes that lead back to themselves without a wait in between would run for ever. */
function circles<D>(nodes: ReadonlyMap<string, WorkflowNode<D>>): readonly string[] {
  const passing = [...nodes.values()].filter(({ kind }) => kind !== "wait" && kind !== "end");
  const names = new Set(passing.map(({ name }) => name));
  const moves = passing.flatMap((node) =>
    linksOf(node).map(([on, { to }]) => ({ from: node.name, to: to!, on, emits: [] }))
  ).filter(({ to }) => names.has(to));
  return [...names].filter((name) =>
    reachable(moves, moves.filter(({ from }) => from === name).map(({ to }) => to)).has(name)
  ).map((name) => `${name} leads back to itself without a wait`);
}

/** The first arrival that matches counts: one without a condition hides those of its type behind it. */
function shadowedArrivals<D>(nodes: ReadonlyMap<string, WorkflowNode<D>>): readonly string[] {
  const waits = [...nodes.values()].filter((node): node is WaitNode<D> => node.kind === "wait");
  return waits.filter(({ needsAll }) => !needsAll).flatMap(({ name, arrivals }) =>
    arrivals.filter(({ on }, i) => arrivals.slice(0, i).some((each) => each.on === on && !each.match))
      .map((each) =>
        `The wait ${name} never comes to ${each.name}: an earlier arrival takes every ${each.on}`
      )
  );
}
