/** The file that says what becomes of failures, and what the system decides alone. @module */
import type { z } from "zod";
import { mandatesSchema, processors, type SystemMandate } from "../../actors/application.ts";
import { type FailurePolicy, policySchema } from "../../actors/failures/failure_policy.ts";
import { CommandError, exitCodes, UsageError } from "../cli/exit_codes.ts";

/** What a node is told by its policy. */
export interface NodePolicy {
  readonly failures: FailurePolicy;
  /** None where the file names none: whatever is adverse or final is then a person's. */
  readonly mandates: readonly SystemMandate[];
}

/** Reads a policy. Throws UsageError when the file can't be read, and for one that is not valid names what is wrong. */
export async function readPolicy(path: string): Promise<NodePolicy> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new UsageError(`Cannot read the policy ${path}: ${(error as Error).name}`);
  });
  const [mandates, rest] = splitMandates(fromJson(text, path));
  const failures = parsed(policySchema, rest, path, []);
  const known = processors.map(({ name }) => name);
  const unknownKey = Object.keys(failures.processors ?? {}).find((name) => !known.includes(name));
  if (unknownKey !== undefined) {
    throw invalid(path, `processors.${unknownKey}: there is none of that name, but ${known.join(", ")}`);
  }
  return { failures, mandates: parsed(mandatesSchema, mandates, path, ["mandates"]) };
}

/** What is no object has no mandates, and is refused as a whole. */
function splitMandates(value: unknown): [mandates: unknown, rest: unknown] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[], value];
  const { mandates = [], ...rest } = value as Record<string, unknown>;
  return [mandates, rest];
}

function parsed<S extends z.ZodType>(
  schema: S,
  value: unknown,
  path: string,
  within: readonly string[],
): z.output<S> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as z.output<S>;
  const { path: where, message } = error.issues[0]!;
  throw invalid(path, `${[...within, ...where].map(String).join(".") || "the whole"}: ${message}`);
}

function fromJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, "it is not JSON");
  }
}

function invalid(path: string, what: string): CommandError {
  return new CommandError(exitCodes.input, `Cannot use the policy ${path}: ${what}`);
}
