/** Rewinding: a processor is handed again what it has done before. @module */
import { type AuditEntry, type OperatorAction, STORE_TRAIL } from "./dead_letters.ts";

/** What became of a rewind. */
export type RewindResult =
  /** So many partitions have something to hand out again; 0: it has done nothing from there on. */
  | { readonly kind: "rewound"; readonly partitions: number }
  /** Nothing was done: so many deliveries from there on wait for their next try, or for a person. */
  | { readonly kind: "waiting"; readonly deliveries: number };

/** How far a processor is in a partition. */
export interface RewindProgress {
  readonly partition: number;
  readonly checkpoint: number;
  /** Up to this position, included, it is handed again what it had done; 0: it was never rewound. */
  readonly redeliversTo: number;
  /** Outputs that came out otherwise than they are stored, and were left as they are stored. */
  readonly differences: number;
}

/**
 * Rewinds processors, which may run meanwhile: their leases move, so that nothing of before is settled. What is handed out again
 * stores nothing twice: an output whose id is stored by the same processor for the same input is left as it is, whatever its
 * content, and counted where that differs. Timers are left as they are too: what was set then has fired, moved or been cancelled
 * since.
 */
export interface Rewinds {
  /** From this position on the processor is handed all again that it has done. */
  rewind(processor: string, position: number, act: OperatorAction): Promise<RewindResult>;
  /** How far the processor is, by partition; nothing where it never ran. */
  progress(processor: string): Promise<readonly RewindProgress[]>;
}

/** What the trail says of a rewind. */
export function rewindEntry(
  processor: string,
  position: number,
  { by, why }: OperatorAction,
): Omit<AuditEntry, "at"> {
  return { act: "rewind", by, why: `to position ${position}: ${why}`, caseId: STORE_TRAIL, processor };
}
