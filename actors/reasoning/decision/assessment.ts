/** The Intake's assessment: the model's score of a case, with what is unsure about it. @module */
import type { DataOf, Metadata } from "../../../schema/events.ts";
import { quantise } from "../model/features.ts";
import { model } from "../model/model.ts";
import { policy } from "../rules/policy.ts";

/**
 * Assesses an intake. The mark of a BSN that fails the eleven-test lowers the confidence and is one of the reason codes;
 * a case_id that may be a BSN says nothing of the claim. Adds `model_version`, what
 * it was trained on (`basis`) and `reason_codes`.
 */
export function assess(
  intake: DataOf<"case.intake">,
  { marks: all = [] }: Pick<Metadata, "marks">,
  at: string,
): DataOf<"case.analysis"> {
  const score = model.score(intake, at);
  const marks = all.filter((mark) => mark === "bsn_fails_eleven_test");
  const confidence = score.analysis_confidence - marks.length * policy.confidenceLostByMark;
  return {
    case_id: intake.case_id,
    ...score,
    analysis_confidence: quantise(Math.max(0, confidence)),
    reason_codes: [...score.reason_codes, ...marks.map((code) => ({ code }))],
    model_version: model.version,
    basis: model.basis,
  };
}
