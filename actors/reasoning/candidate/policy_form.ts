/** The policy as a file that people edit: amounts in euros, each bound with what it may be and what it does. @module */
import { z } from "zod";
import { writtenEuros } from "../../../schema/money.ts";
import { type Policy, policy } from "../rules/policy.ts";
import { mandatesSchema, writtenMandate } from "./mandates_form.ts";

/** One bound of the policy. */
interface PolicyField {
  /** Its name in the file. */
  readonly name: string;
  readonly key: Exclude<keyof Policy, "version" | "mandates">;
  readonly unit: "euros" | "share" | "months" | "weeks" | "days" | "times";
  readonly least: number;
  readonly most: number;
  /** What it does, for who changes it. */
  readonly help: string;
}

type Unit = PolicyField["unit"];

function field(
  key: PolicyField["key"],
  unit: Unit,
  bounds: readonly [number, number],
  help: string,
): PolicyField {
  const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { name, key, unit, least: bounds[0], most: bounds[1], help };
}

/** Every bound, in the order of the file. */
export const policyFields: readonly PolicyField[] = [
  field("lowConfidence", "share", [0, 1], "below this confidence a person decides"),
  field("highConfidence", "share", [0, 1], "from this confidence the system may decide against the citizen"),
  field(
    "confidenceLostByMark",
    "share",
    [0, 1],
    "confidence lost by a mark, such as a BSN that fails its test",
  ),
  field("lowSuccess", "share", [0, 1], "below this chance of success a person decides on a payment plan"),
  field("forgiveMax", "euros", [0, 100_000], "forgiving more than this needs an approver"),
  field("unverifiedMonths", "months", [1, 60], "longest plan offered while the income is not known"),
  field(
    "unverifiedInstalmentMax",
    "euros",
    [0, 10_000],
    "largest instalment offered while the income is not known",
  ),
  field("instalmentMin", "euros", [0, 1_000], "smallest instalment worth a payment"),
  field("capacityShare", "share", [0, 1], "part of the room to repay that may be asked for"),
  field("graceDays", "days", [0, 60], "days after its due date that an instalment counts as missed"),
  field("missedMax", "times", [1, 12], "missed instalments after which a plan is escalated"),
  field(
    "latePaymentDays",
    "days",
    [0, 60],
    "days after a case closed in which a payment made before may reopen it",
  ),
  field("collectWeeks", "weeks", [1, 52], "time to pay under ordinary collection"),
  field("reviewWeeks", "weeks", [1, 52], "time a caseworker has where nothing is threatening"),
];

/** What a person mends in a file of a candidate. */
export class InvalidCandidate extends Error {
  override name = "InvalidCandidate";
}

function schemaOf({ unit, least, most }: PolicyField) {
  const expected = `must be ${unit === "share" ? "a share" : unit} from ${least} to ${most}`;
  const number = z.number(expected).min(least, expected).max(most, expected);
  if (unit === "share") return number;
  return unit === "euros" ? number.multipleOf(0.01, "must be whole cents") : number.int(`${expected}, whole`);
}

const form = z.strictObject({
  version: z.string().min(1).max(100),
  mandates: mandatesSchema,
  ...Object.fromEntries(policyFields.map((each) => [each.name, schemaOf(each)])),
}).partial();

/** Reads the bounds that a file names; the others stay as they are. Throws InvalidCandidate for the first mistake. */
export function parsePolicy(value: unknown): Partial<Policy> {
  const parsed = form.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new InvalidCandidate(path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`);
  }
  const { mandates, ...given } = parsed.data as
    & Readonly<Record<string, number | string | undefined>>
    & Partial<Pick<Policy, "mandates">>;
  const bounds = policyFields.filter(({ name }) => given[name] !== undefined).map(({ name, key, unit }) => {
    const number = given[name] as number;
    return [key, unit === "euros" ? Math.round(number * 100) : number] as const;
  });
  return {
    version: "candidate",
    ...Object.fromEntries(bounds),
    ...(given.version && { version: `${given.version}` }),
    ...(mandates && { mandates }),
  };
}

/** The policy in effect, as such a file. */
export function policyFile(): Record<string, unknown> {
  const bounds = policyFields.map(({ name, key, unit }) =>
    [name, unit === "euros" ? writtenEuros(policy[key] / 100) : policy[key]] as const
  );
  return {
    version: policy.version,
    ...Object.fromEntries(bounds),
    mandates: policy.mandates.map(writtenMandate),
  };
}
