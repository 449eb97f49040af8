/**
 * Tests of processors and workflows without a store: a whole case in memory, with simulated time.
 *
 * ```ts
 * // reminder_test.ts
 * import { assertPure, given } from "@zaakstroom/zaakstroom/testing";
 * import { reminder } from "./reminder.ts";
 *
 * given([reminder], ["case.payment_missed", { instalment: 1 }])
 *   .whenPassed("14d")
 *   .then(["case.wait_expired"], ["case.review_requested", { asked_of: "caseworker" }]);
 *
 * assertPure([reminder], (runner) => runner.give("case.payment_missed", { instalment: 1 }).pass("30d"));
 * ```
 * @module
 */
export { CaseRunner, type CaseRunnerOptions, type FoldingProcessor, type GivenData } from "./case_runner.ts";
export { assertPure, ImpureProcessor } from "./purity.ts";
export { forAllHistories, type HistoryOptions, type Random } from "./random_histories.ts";
export {
  type ExpectedEvent,
  given,
  type GivenCase,
  type GivenEvent,
  givenWith,
  type HappenedCase,
} from "./scenario.ts";
