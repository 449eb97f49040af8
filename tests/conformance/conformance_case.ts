/** What a case of the conformance suite is. @module */
import type { Fixture } from "./fixture.ts";
import type { Ability } from "./harness.ts";

/** One case of the suite. Its name says what holds, and the invariant that it proves. */
export interface ConformanceCase {
  readonly name: string;
  readonly needs?: Ability;
  run(fixture: Fixture): Promise<void>;
}
