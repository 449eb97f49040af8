/** Where rules and figures come from, and how sure they are. @module */

/**
 * How sure a figure or rule is. `secondary`: found in public tables of others, not at its source. `policy`: a choice of
 * the organisation. `assumption`: no source. `unverified`: believed, but not found; it may be shown, never used.
 */
export type SourceCertainty = "quoted" | "secondary" | "policy" | "assumption" | "unverified";

/** Where a rule or a figure comes from. */
export interface Source {
  /** Law and article, publication, or the name of the policy. */
  readonly law: string;
  readonly url?: string;
  readonly certainty: SourceCertainty;
}
