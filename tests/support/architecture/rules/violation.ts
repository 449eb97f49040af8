/**
 * What a rule finds.
 * @module
 */
export interface Violation {
  /** Names it without line numbers: what the tests of the rules compare. */
  readonly key: string;
  /** What a reader needs to mend it: the place with its line, and why. */
  readonly message: string;
}
