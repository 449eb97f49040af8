/**
 * Another policy, other tables, other figures or another model, to be tried on history: data only, put in effect in a
 * worker of its own. What decides here and now is never a candidate. @module
 */
import { forgetAmounts } from "../decision/capacity.ts";
import { forgetLaw } from "../decision/law_of_day.ts";
import { setFigures } from "../law/parameters.ts";
import { forgetTerms } from "../law/terms.ts";
import { type Model, modelOf, setModel, type Weights } from "../model/model.ts";
import { type Policy, setPolicy } from "../rules/policy.ts";
import type { CompiledTable } from "../rules/rule_engine.ts";
import { forgetLastStep } from "../workflow/progress.ts";
import {
  compileNamed,
  figureValues,
  type parseFigures,
  setTables,
  type TableName,
  type TriedTable,
} from "./rules_form.ts";

/** What is other than the reviewed reasoning; nothing is. Plain data, as it goes to a worker. */
export interface Candidate {
  readonly policy?: Partial<Policy>;
  readonly tables?: { readonly [N in TableName]?: TriedTable };
  readonly figures?: ReturnType<typeof parseFigures>;
  readonly weights?: Weights;
}

/** A candidate that is ready to decide. */
export interface ReadyCandidate {
  readonly policy: Partial<Policy>;
  readonly tables: { readonly [N in TableName]?: CompiledTable };
  readonly figures: ReturnType<typeof figureValues> | undefined;
  readonly model: Model | undefined;
}

/** Makes a candidate ready. Throws InvalidCandidate for a table that is not complete, RangeError for a foreign model. */
export function readyCandidate({ policy = {}, tables = {}, figures, weights }: Candidate): ReadyCandidate {
  const compiled = Object.entries(tables).map(([name, table]) =>
    [name, compileNamed(name as TableName, table)] as const
  );
  return {
    policy,
    tables: Object.fromEntries(compiled),
    figures: figures && figureValues(figures),
    model: weights && modelOf(weights),
  };
}

/** From now on a candidate decides in this thread; without one what was reviewed does. */
export function putInEffect(candidate?: ReadyCandidate): void {
  setPolicy(candidate?.policy);
  setTables(candidate?.tables ?? {});
  setFigures(candidate?.figures);
  setModel(candidate?.model);
  for (const forget of [forgetAmounts, forgetLaw, forgetTerms, forgetLastStep]) forget();
}
