/**
 * Tests that need something which not every machine has. Where it is not, they are ignored, and one test in their place
 * says loudly what was skipped; in CI that one fails.
 * @module
 */
import { assert } from "@std/assert";

/** `Deno.test`, as far as tests that need something use it. */
export interface ConditionalTests {
  (name: string, run: () => Promise<void>): void;
  (definition: Deno.TestDefinition): void;
  beforeAll(prepare: () => Promise<void>): void;
  afterAll(tidy: () => Promise<void>): void;
}

/**
 * @param missing what is needed and not here, with how to come by it; undefined when it is here
 * @param wasTried whether this run has tried to get it, in vain: then it is skipped in CI too
 */
export function testsRequiring(missing: string | undefined, wasTried = false): ConditionalTests {
  const ignore = missing !== undefined;
  if (ignore) registerSkippedTest(missing, wasTried);
  const register = (test: string | Deno.TestDefinition, fn?: () => Promise<void>) =>
    typeof test === "string"
      ? Deno.test({ name: test, ignore, fn: fn! })
      : Deno.test({ ...test, ignore: ignore || test.ignore === true });
  // Deno runs these also when every test of a file is ignored.
  return Object.assign(register, {
    beforeAll: (prepare: () => Promise<void>) => ignore || Deno.test.beforeAll(prepare),
    afterAll: (tidy: () => Promise<void>) => ignore || Deno.test.afterAll(tidy),
  });
}

/** A test, and all of it in its name: what else is written while tests run quietly is shown to nobody. */
function registerSkippedTest(missing: string, wasTried: boolean): void {
  const file = new URL(Deno.mainModule).pathname.split("/").at(-1);
  const message = `SKIPPED: what ${file} tests is not proven here. ${missing}`;
  Deno.test(message, () => assert(wasTried || Deno.env.get("CI") !== "true", message));
}
