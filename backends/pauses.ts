/** What is paused: processors that take no deliveries, and nodes that are drained. @module */
import { type AuditEntry, type OperatorAction, STORE_TRAIL } from "./dead_letters.ts";

/**
 * `processor`: no node hands it deliveries, which wait. `node`: it is drained: it finishes what it has in hand, gives up its
 * leases and takes none.
 */
export const pausedKinds = ["processor", "node"] as const;
export type PausedKind = (typeof pausedKinds)[number];

export interface PauseTarget {
  readonly kind: PausedKind;
  readonly name: string;
}

/** Who paused it, why, and when by the store's clock. */
export interface Pause extends PauseTarget, OperatorAction {
  readonly at: string;
}

/** Pauses of a store. They outlive its nodes, and every node knows of them within about a second. */
export interface Pauses {
  /** By kind and name. */
  list(): Promise<readonly Pause[]>;
  /** Pauses, with an entry of the audit trail; false where it is paused already, and nothing changes. */
  pause(target: PauseTarget, act: OperatorAction): Promise<boolean>;
  /** Resumes, with an entry of the audit trail; false where it is not paused. */
  resume(target: PauseTarget, act: OperatorAction): Promise<boolean>;
}

const ACTS = {
  processor: { pause: "processor_pause", resume: "processor_resume" },
  node: { pause: "node_drain", resume: "node_resume" },
} as const;

/** What the audit trail says of a pause, or of its end. */
export function pauseEntry(
  verb: "pause" | "resume",
  { kind, name }: PauseTarget,
  { by, why }: OperatorAction,
): Omit<AuditEntry, "at"> {
  const entry = { act: ACTS[kind][verb], by, caseId: STORE_TRAIL };
  return kind === "processor" ? { ...entry, why, processor: name } : { ...entry, why: `${name}: ${why}` };
}

/** The names of what is paused of one kind. */
export function pausedOf(pauses: Iterable<PauseTarget>, kind: PausedKind): string[] {
  return [...pauses].filter((each) => each.kind === kind).map(({ name }) => name);
}

/** By kind and name. */
export function inOrder<P extends PauseTarget>(pauses: Iterable<P>): P[] {
  return [...pauses].sort((a, b) => pauseKey(a) < pauseKey(b) ? -1 : 1);
}

/** The text by which a target is found. */
export function pauseKey({ kind, name }: PauseTarget): string {
  return `${kind}/${name}`;
}
