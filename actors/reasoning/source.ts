/** Where rules and figures come from, and how sure they are. @module */

/** How sure a figure or rule is. `policy` is a choice of the organisation, `assumption` a figure without a source. */
export type Certainty = "quoted" | "derived" | "policy" | "assumption" | "unverified";

/** Where a rule or a figure comes from. */
export interface Source {
  /** Law and article, publication, or the name of the policy. */
  readonly law: string;
  readonly url?: string;
  readonly certainty: Certainty;
}
