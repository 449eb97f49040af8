/** What is found when a chain of hashes is verified. @module */

/** The first thing that is not as it was. */
export type Break =
  | { readonly kind: "block"; readonly number: number; readonly why: string }
  /** A record of JetStream, which is a block by itself. */
  | { readonly kind: "record"; readonly sequence: number; readonly position: number; readonly why: string }
  | {
    readonly kind: "changed" | "missing" | "inserted";
    readonly position: number;
    /** Of what is stored there now. */
    readonly eventId?: string;
  };

/** What was found of one partition. */
export interface PartitionReport {
  readonly partition: number;
  readonly blocks: number;
  /** Events that blocks cover. */
  readonly events: number;
  /** Events that are in no block yet: nothing is known of them. */
  readonly uncovered: number;
  /** The hash of the last block, in hex: kept elsewhere, it shows later that none was taken away. */
  readonly head: string;
  readonly broken?: Break;
}

/** The last block of a partition at an earlier time, as it was kept elsewhere. */
export type KeptHead = Pick<PartitionReport, "blocks" | "head">;
