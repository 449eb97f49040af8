/**
 * Follow-up as a workflow beside follow-up as it was written by hand, over generated cases that are lived to their ends by
 * seeded citizens. `deno run --allow-read --allow-env tests/support/workflow/compare_follow_up.ts 100000`
 * @module
 */
import { processors } from "../../../actors/application.ts";
import { followUp } from "../../../actors/processors/follow_up.ts";
import { decodeEvent } from "../../../schema/codec.ts";
import { generateCases } from "../../../simulators/case_generator.ts";
import { playCase } from "../../../simulators/what_if/case_play.ts";
import { handWrittenFollowUp } from "./hand_written_follow_up.ts";
import { TwinProcessor } from "./twin_processor.ts";

/** The processors of the application, with both in the place of follow-up. */
export function twinnedProcessors() {
  const twin = new TwinProcessor(followUp, handWrittenFollowUp);
  return { twin, twinned: processors.map((each) => each === followUp ? twin : each) };
}

/** How many deliveries were handled alike, and how many cases came to an end. Throws at the first that differs. */
export function compareFollowUp(
  count: number,
  seed: string,
): { readonly compared: number; readonly ended: number } {
  const { twin, twinned } = twinnedProcessors();
  const states = twinned.map((processor) => processor.initial());
  let ended = 0;
  for (const { event } of generateCases({ seed, count })) {
    const { timestamp: openedAt, correlation_id: caseId } = event;
    const moment = { caseId, states, version: 1, event: decodeEvent(event), trigger: undefined, openedAt };
    if (playCase(twinned, moment, seed).outcome !== "unfinished") ended++;
  }
  return { compared: twin.compared, ended };
}

if (import.meta.main) {
  const count = Number(Deno.args[0] ?? 100_000);
  const { compared, ended } = compareFollowUp(count, "compared");
  // deno-lint-ignore no-console
  console.log(`${count} cases, ${ended} of them to their end: ${compared} deliveries were handled alike`);
}
