import { assert, assertEquals } from "@std/assert";
import {
  DEFAULT_POLICY,
  type FailurePolicy,
  policySchema,
  resolveRule,
} from "../../../../actors/failures/failure_policy.ts";

const policy: FailurePolicy = {
  maxAttempts: 5,
  backoff: { firstMs: 100, longestMs: 1_000 },
  errors: { Busy: { outcome: "hold", backoff: { longestMs: 9 } }, Corrupt: { outcome: "deadLetter" } },
  processors: {
    analysis: { maxAttempts: 2, errors: { Corrupt: { outcome: "retry", maxAttempts: 7 } } },
  },
};

const route = (processor: string, name: string, final = false) => {
  const { outcome, maxAttempts, backoff } = resolveRule(policy, processor, { class: name, final });
  return [outcome, maxAttempts, backoff.firstMs, backoff.longestMs];
};

for (
  const [what, processor, name, final, expected] of [
    ["an error without a rule is retried", "intake", "Any", false, ["retry", 5, 100, 1_000]],
    ["one that no retry can help is a dead letter", "intake", "Any", true, ["deadLetter", 5, 100, 1_000]],
    ["a rule for its class counts", "intake", "Busy", false, ["hold", 5, 100, 9]],
    ["a rule counts also when no retry is said to help", "intake", "Busy", true, ["hold", 5, 100, 9]],
    ["a processor has limits of its own", "analysis", "Any", false, ["retry", 2, 100, 1_000]],
    ["a processor's own rule comes first", "analysis", "Corrupt", false, ["retry", 7, 100, 1_000]],
    ["a rule for all counts where the processor has none", "analysis", "Busy", false, ["hold", 2, 100, 9]],
    ["a class may be called anything", "toString", "constructor", false, ["retry", 5, 100, 1_000]],
  ] as const
) {
  Deno.test(`routeOf(): ${what}`, () => assertEquals(route(processor, name, final), [...expected]));
}

Deno.test("a policy file says only what is different", () => {
  assertEquals(policySchema.parse({}), { ...DEFAULT_POLICY, processors: {} });
  const read = policySchema.parse({
    attempts: 3,
    longest: "5m",
    errors: { DeliveryTimeout: { attempts: 1 } },
    processors: { analysis: { first: "1s", errors: { TypeError: { outcome: "hold" } } } },
  });
  assertEquals([read.maxAttempts, read.backoff], [3, { firstMs: 200, longestMs: 300_000 }]);
  assertEquals(resolveRule(read, "intake", { class: "DeliveryTimeout", final: false }).maxAttempts, 1);
  assertEquals(resolveRule(read, "analysis", { class: "TypeError", final: false }), {
    outcome: "hold",
    maxAttempts: 3,
    backoff: { firstMs: 1_000, longestMs: 300_000 },
  });
  assertEquals(resolveRule(read, "intake", { class: "NodeDied", final: false }), {
    outcome: "retry",
    maxAttempts: 3,
    backoff: { firstMs: 5_000, longestMs: 300_000 },
  });
});

for (
  const [what, file] of Object.entries({
    "an outcome there is not": { errors: { TypeError: { outcome: "ignore" } } },
    "a key there is not": { retries: 3 },
    "no attempts": { attempts: 0 },
    "a wait without a unit": { first: 200 },
    "a class that can't be one": { errors: { "not a class": {} } },
    "a list": [],
  })
) {
  Deno.test(`a policy file with ${what} is refused`, () => assert(!policySchema.safeParse(file).success));
}
