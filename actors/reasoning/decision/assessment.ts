/** The Intake's assessment: the model's score of a case, with what is unsure about it. @module */
import type { DataOf, Metadata } from "../../../schema/events.ts";
import { type Model, model as modelInUse, type ReasonCode, shadow } from "../model/model.ts";
import { policy } from "../rules/policy.ts";

/** The models that score a case. */
interface Models {
  /** Decides. */
  readonly model: Model;
  /** Scores beside it; its result goes in the `shadow` field and decides nothing. */
  readonly shadow?: Model;
}

/**
 * Assesses an intake. `metadata` is the event's: the mark of a BSN that fails the eleven-test lowers
 * the confidence and is one of the reason codes. Adds `model_version`, `reason_codes` and, with a second model, `shadow`.
 */
export function assess(
  intake: DataOf<"case.intake">,
  metadata: Pick<Metadata, "marks">,
  at: string,
  models: Models = { model: modelInUse },
): DataOf<"case.analysis"> {
  const score = models.model.score(intake, at);
  const marks = markCodes(metadata);
  return {
    case_id: intake.case_id,
    ...score,
    analysis_confidence: lowerConfidence(score.analysis_confidence, marks.length),
    reason_codes: [...score.reason_codes, ...marks],
    model_version: models.model.version,
    ...(models.shadow ? { shadow: shadow(score, models.shadow, intake, at) } : {}),
  };
}

function markCodes({ marks }: Pick<Metadata, "marks">): ReasonCode[] {
  // A case_id that may be a BSN says nothing of the claim.
  return (marks ?? []).filter((mark) => mark === "bsn_fails_eleven_test").map((code) => ({ code }));
}

function lowerConfidence(confidence: number, marks: number): number {
  return Math.round(Math.max(0, confidence - marks * policy.confidenceLostByMark) * 1e4) / 1e4;
}
