/**
 * What a rule finds.
 * @module
 */
export interface Violation {
  /** Names it in the list of known violations; without line numbers, so that edits elsewhere leave it as it is. */
  readonly key: string;
  /** What a reader needs to mend it: the place with its line, and why. */
  readonly message: string;
}
