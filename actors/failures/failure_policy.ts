/** The failure policy, as data: by processor and by the class of the error. Pure. @module */
import { z } from "zod";
import { duration } from "../../schema/settings.ts";
import type { Backoff } from "../supervision/backoff.ts";

/**
 * `retry`: tried again with backoff, and a dead letter after its attempts; `deadLetter`: at once; `hold`: tried again
 * with backoff for ever, for errors that are repaired while their cases wait.
 */
type FailureRoute = "retry" | "deadLetter" | "hold";

/** The rule for errors of one class. A missing field is as for all other errors. */
interface ErrorRule {
  readonly outcome: FailureRoute;
  readonly maxAttempts?: number | undefined;
  readonly backoff?: Partial<Backoff> | undefined;
}

/** The limits for errors that no rule names, and the rules. */
interface PolicyLimits {
  /** Tries before a delivery becomes a dead letter. */
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  /** By class of the error, such as `TypeError`, `DeliveryTimeout`, `WorkerDied` or `NodeDied`. */
  readonly errors?: Readonly<Record<string, ErrorRule>>;
}

/** The whole policy; a processor that is not named is treated like all. */
export interface FailurePolicy extends PolicyLimits {
  readonly processors?: Readonly<Record<string, Partial<PolicyLimits>>>;
}

/** The most specific setting counts: the processor's rule for the error, the general rule for it, the processor's limits. */
export function resolveRule(
  policy: FailurePolicy,
  processor: string,
  error: { readonly class: string; readonly final: boolean },
): Pick<ErrorRule, "outcome"> & Pick<PolicyLimits, "maxAttempts" | "backoff"> {
  const own = ownProperty(policy.processors, processor);
  const rule = ownProperty(own?.errors, error.class) ?? ownProperty(policy.errors, error.class);
  return {
    outcome: rule?.outcome ?? (error.final ? "deadLetter" : "retry"),
    maxAttempts: rule?.maxAttempts ?? own?.maxAttempts ?? policy.maxAttempts,
    backoff: { ...policy.backoff, ...own?.backoff, ...rule?.backoff },
  };
}

/** Own properties only: a class of an error may be called `constructor`. */
function ownProperty<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Attempts that crash the node are few and at least five seconds apart: a process that is killed from outside again and
 * again must not charge the same innocent delivery each time.
 */
export const DEFAULT_POLICY: FailurePolicy = {
  maxAttempts: 5,
  backoff: { firstMs: 200, longestMs: 60_000 },
  errors: { NodeDied: { outcome: "retry", maxAttempts: 3, backoff: { firstMs: 5_000 } } },
};

const limits = {
  attempts: z.int().min(1).max(1_000).optional(),
  first: duration.optional(),
  longest: duration.optional(),
};
const className = z.string().regex(/^[A-Za-z_]\w*$/, "must be the class of an error, such as TypeError");
const ruleSchema = z.strictObject({
  outcome: z.enum(["retry", "deadLetter", "hold"]).default("retry"),
  ...limits,
});
const limitsSchema = z.strictObject({ ...limits, errors: z.record(className, ruleSchema).default({}) });

/** A policy as written in a file; missing settings are those of `DEFAULT_POLICY`. */
export const policySchema = z.strictObject({
  ...limitsSchema.shape,
  processors: z.record(z.string(), limitsSchema).default({}),
}).transform(({ processors, ...all }): FailurePolicy => {
  const { maxAttempts, backoff, errors } = toPolicyLimits(all);
  return {
    maxAttempts: maxAttempts ?? DEFAULT_POLICY.maxAttempts,
    backoff: { ...DEFAULT_POLICY.backoff, ...backoff },
    errors: { ...DEFAULT_POLICY.errors, ...errors },
    processors: Object.fromEntries(
      Object.entries(processors).map(([name, own]) => [name, toPolicyLimits(own) as Partial<PolicyLimits>]),
    ),
  };
});

function toPolicyLimits({ errors, ...all }: z.output<typeof limitsSchema>) {
  const rules = Object.entries(errors).map((
    [name, { outcome, ...its }],
  ) => [name, { outcome, ...limitsOf(its) }]);
  return { ...limitsOf(all), errors: Object.fromEntries(rules) as Record<string, ErrorRule> };
}

function limitsOf({ attempts, first, longest }: Pick<z.output<typeof limitsSchema>, keyof typeof limits>) {
  const backoff = {
    ...(first === undefined ? {} : { firstMs: first }),
    ...(longest === undefined ? {} : { longestMs: longest }),
  };
  return { ...(attempts === undefined ? {} : { maxAttempts: attempts }), backoff };
}
