/** The chart of a definition, once it is found sound. Pure. @module */
import type { EventType } from "../../schema/events.ts";
import type { Chart, ChartMove, ChartState } from "./chart.ts";
import { chartProblems, InvalidWorkflow, linkProblems } from "./check.ts";
import { BEGIN, CANCELLED, type Definition, linksOf, type WorkflowNode } from "./node.ts";

/** Throws InvalidWorkflow with everything that is wrong. */
export function checkedChart<D>(definition: Definition<D>, problems: readonly string[]): Chart {
  const { name } = definition;
  const broken = [...problems, ...linkProblems(definition)];
  if (broken.length > 0) throw new InvalidWorkflow(name, broken);
  const chart = chartOf(definition);
  const unsound = chartProblems(chart, declaredBy(definition));
  if (unsound.length > 0) throw new InvalidWorkflow(name, unsound);
  return chart;
}

/** The start of a child is declared by `child`, and its end by `onStart`. */
function declaredBy<D>({ emits, nodes }: Definition<D>): readonly EventType[] {
  const isStarting = [...nodes.values()].some((node) =>
    node.kind === "step" && node.output.type === "case.child_started"
  );
  return isStarting ? [...new Set([...emits, "case.child_started" as const])] : emits;
}

function chartOf<D>(definition: Definition<D>): Chart {
  const { name, nodes, cancellations } = definition;
  const undone = undoTypes(definition);
  const all = [...nodes.values()];
  const cancels = cancellations.flatMap(({ on }) =>
    all.filter((node) => node.kind === "wait" && node.name !== BEGIN)
      .map((node): ChartMove => ({ from: node.name, to: CANCELLED, on, emits: undone }))
  );
  return {
    name,
    begins: BEGIN,
    states: all.map(stateOf),
    moves: [...all.flatMap((node) => movesOf(node, undone)), ...cancels],
  };
}

function undoTypes<D>({ nodes }: Definition<D>): readonly EventType[] {
  const types = [...nodes.values()].flatMap((node) =>
    node.kind === "step" && node.undo ? [node.undo.type] : []
  );
  return [...new Set(types)];
}

function stateOf<D>(node: WorkflowNode<D>): ChartState {
  const { name, kind } = node;
  if (kind === "undo") return { name, kind: "step" };
  if (kind !== "wait") return { name, kind };
  return { name, kind, term: node.term?.text, waitsFor: node.withoutTerm };
}

function movesOf<D>(node: WorkflowNode<D>, undone: readonly EventType[]): readonly ChartMove[] {
  const emits = node.kind === "step" ? [node.output.type] : node.kind === "undo" ? undone : [];
  return linksOf(node).map(([on, { to }]) => ({ from: node.name, to: to!, on, emits }));
}
