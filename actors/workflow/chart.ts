/** The chart of a workflow: its states and moves, as data and as Mermaid text. Pure. @module */
import type { EventType } from "../../schema/events.ts";

/** Where a case can stand, or what it passes on the way. */
export interface ChartState {
  readonly name: string;
  readonly kind: "wait" | "step" | "choice" | "end";
  /** Of a wait: when it expires. */
  readonly term?: string | undefined;
  /** Of a wait without a term: for whom or what it waits. */
  readonly waitsFor?: string | undefined;
}

export interface ChartMove {
  readonly from: string;
  readonly to: string;
  /** What leads there. */
  readonly on: string;
  /** What is emitted on the way. */
  readonly emits: readonly EventType[];
}

/** A workflow as a graph. Its checks, its drawing and the console read this, and nothing else of it. */
export interface Chart {
  readonly name: string;
  readonly begins: string;
  readonly states: readonly ChartState[];
  readonly moves: readonly ChartMove[];
}

/** The states that a walk along the moves passes, itself included. */
export function reachable(moves: readonly ChartMove[], from: Iterable<string>): ReadonlySet<string> {
  const seen = new Set(from);
  for (const state of seen) for (const { from, to } of moves) if (from === state) seen.add(to);
  return seen;
}

/** The chart as a Mermaid state diagram. Moves that stay in a state are left out where they emit nothing. */
export function mermaid({ begins, states, moves }: Chart): string {
  const choices = states.filter(({ kind }) => kind === "choice").map(({ name }) =>
    `  state ${idOf(name)} <<choice>>`
  );
  const drawn = moves.filter(({ from, to, emits }) => from !== to || emits.length > 0).map(moveLine);
  const ended = states.filter(({ kind }) => kind === "end").map(({ name }) => `  ${idOf(name)} --> [*]`);
  return ["stateDiagram-v2", ...choices, `  [*] --> ${idOf(begins)}`, ...drawn, ...ended].join("\n") + "\n";
}

function moveLine({ from, to, on, emits }: ChartMove): string {
  const label = [on, ...emits.length === 0 ? [] : ["/", ...emits]].filter((part) => part !== "").join(" ");
  const words = label.replaceAll("case.", "").replaceAll(":", " ");
  return `  ${idOf(from)} --> ${idOf(to)}${words === "" ? "" : `: ${words}`}`;
}

/** Mermaid knows a state by a name without spaces and colons. */
function idOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, "_");
}
