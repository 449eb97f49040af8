/** The file that says what becomes of failures. @module */
import { processors } from "../../actors/application.ts";
import { type FailurePolicy, policySchema } from "../../actors/failures/failure_policy.ts";
import { CommandError, exitCodes, UsageError } from "../cli/exit_codes.ts";

/** Reads a policy. Throws UsageError when the file can't be read, and for one that is not valid names what is wrong. */
export async function readPolicy(path: string): Promise<FailurePolicy> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new UsageError(`Cannot read the policy ${path}: ${(error as Error).name}`);
  });
  const parsed = policySchema.safeParse(fromJson(text, path));
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0]!;
    throw invalid(path, `${where.map(String).join(".") || "the whole"}: ${message}`);
  }
  const known = processors.map(({ name }) => name);
  const unknownKey = Object.keys(parsed.data.processors ?? {}).find((name) => !known.includes(name));
  if (unknownKey === undefined) return parsed.data;
  throw invalid(path, `processors.${unknownKey}: there is none of that name, but ${known.join(", ")}`);
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
