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

/** A source that is quoted from a public text. */
export function quoted(law: string, url: string): Source {
  return { law, url, certainty: "quoted" };
}

const byDoubt: readonly SourceCertainty[] = ["quoted", "policy", "secondary", "assumption", "unverified"];

/** The least sure of some sources: what rests on all of them is no surer than that. */
export function leastSure(sources: readonly Pick<Source, "certainty">[]): SourceCertainty {
  return byDoubt[Math.max(...sources.map(({ certainty }) => byDoubt.indexOf(certainty)))]!;
}
