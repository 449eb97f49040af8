/** The Intake's assessment: the model's score of a case, with what is unsure about it. @module */
import type { DataOf, Metadata } from "../../../schema/events.ts";
import { quantise } from "../model/features.ts";
import { model, type ReasonCode } from "../model/model.ts";
import { policy } from "../rules/policy.ts";

/**
 * Assesses an intake. `metadata` is the event's: the mark of a BSN that fails the eleven-test lowers
 * the confidence and is one of the reason codes. Adds `model_version` and `reason_codes`.
 */
export function assess(
  intake: DataOf<"case.intake">,
  metadata: Pick<Metadata, "marks">,
  at: string,
): DataOf<"case.analysis"> {
  const score = model.score(intake, at);
  const marks = markCodes(metadata);
  return {
    case_id: intake.case_id,
    ...score,
    analysis_confidence: lowerConfidence(score.analysis_confidence, marks.length),
    reason_codes: [...score.reason_codes, ...marks],
    model_version: model.version,
  };
}

function markCodes({ marks }: Pick<Metadata, "marks">): ReasonCode[] {
  return (marks ?? []).map((code) => ({ code }));
}

function lowerConfidence(confidence: number, marks: number): number {
  return quantise(Math.max(0, confidence - marks * policy.confidenceLostByMark));
}
