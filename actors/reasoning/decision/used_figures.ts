/** The dated figures a decision rests on, as its event keeps them. @module */
import type { SourceCertainty } from "../law/source.ts";
import type { Dated } from "../law/parameters.ts";
import { findValue, isKnownOn } from "../law/parameters.ts";

/** A figure that was used: which value of it, and how sure it is. */
export type UsedFigure = {
  readonly id: string;
  /** First day of the value. */
  readonly from: string;
  readonly certainty: SourceCertainty;
  /** The assumed rise of a value that has expired, as a share. */
  readonly raised?: number;
};

/** A figure as it was found for a day. */
export function usedFigure(parameter: Dated<unknown>, day: string): UsedFigure {
  const { from, certainty, expired } = findValue(parameter, day);
  return { id: parameter.id, from, certainty: expired ? "unverified" : certainty };
}

/** True when one of these figures is not known for the day: a person must look it up. */
export function someExpired(parameters: readonly Dated<unknown>[], day: string): boolean {
  return parameters.some((parameter) => !isKnownOn(parameter, day));
}
