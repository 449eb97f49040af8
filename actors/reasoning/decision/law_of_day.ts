/** The figures of law that a kind of claim is decided by on a day, worked out once for each. @module */
import { findValue, isKnownOn, valueOn } from "../law/parameters.ts";
import {
  arrangementMonths,
  collectionCost,
  ordinaryMonths,
  wahvInstalmentsFrom,
} from "../law/legal_parameters.ts";
import type { SourceCertainty } from "../law/source.ts";
import { debtClass } from "../rules/debt_classes.ts";

/** A figure that was used: which value of it, and how sure it is. */
export type UsedFigure = {
  readonly id: string;
  /** First day of the value. */
  readonly from: string;
  readonly certainty: SourceCertainty;
  /** The assumed rise of a value that has expired, as a share. */
  readonly raised?: number;
};

/** What the law of a day says of a kind of claim. */
interface LawOfDay {
  /** Longest term of an ordinary payment plan in months, or the creditor's standard arrangement when shorter. */
  readonly months: number;
  /** Months within which all debts must be payable, or they are problematic. */
  readonly problematicMonths: number;
  /** Least amount in cents that may be paid in instalments; null where none may. */
  readonly instalmentsFrom: number | null;
  /** Mean cost of collecting one claim, cents. */
  readonly cost: number;
  /** The figures among them that are less than quoted. */
  readonly unsure: readonly UsedFigure[];
  /** True when one of them is not known for this day. */
  readonly missing: boolean;
}

type ClaimKind = "tax" | "toeslagen" | "fine" | "other";

/** As many days as a batch of events may be spread over; beyond that the cache starts anew. */
const MOST_CACHED = 256;
const cache = new Map<string, LawOfDay>();

/** Forgets what was worked out from figures that are no longer in effect. */
export function forgetLaw(): void {
  cache.clear();
}

/** The law of a day (ISO date) on a debt type. */
export function lawOfDay(debtType: string, day: string): LawOfDay {
  const kind = kindOf(debtType);
  const key = `${kind}/${day}`;
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= MOST_CACHED) cache.clear();
  const law = workedOut(kind, day);
  cache.set(key, law);
  return law;
}

function kindOf(debtType: string): ClaimKind {
  const kind = debtClass(debtType);
  if (kind === "national_tax") return "tax";
  if (kind === "fine") return "fine";
  // The class of benefits also holds claims of UWV, SVB and social assistance, for which no standard was found.
  return kind === "benefits" && debtType.includes("toeslag") ? "toeslagen" : "other";
}

function workedOut(kind: ClaimKind, day: string): LawOfDay {
  // The last value, also where it has expired: `missing` then says that a person must look it up.
  const longest = findValue(ordinaryMonths, day).value;
  const standard = kind === "tax" || kind === "toeslagen"
    ? findValue(arrangementMonths, day).value[kind]
    : longest;
  const figures = [
    ordinaryMonths,
    ...(standard === longest ? [] : [arrangementMonths]),
    ...(kind === "fine" ? [wahvInstalmentsFrom] : []),
  ];
  const used = figures.map((figure) => {
    const { from, certainty } = findValue<unknown>(figure, day);
    return { id: figure.id, from, certainty };
  });
  return {
    months: Math.min(longest, standard),
    problematicMonths: longest,
    instalmentsFrom: kind === "fine" ? findValue(wahvInstalmentsFrom, day).value : 0,
    cost: valueOn(collectionCost, day),
    unsure: used.filter(({ certainty }) => certainty !== "quoted"),
    missing: figures.some((figure) => !isKnownOn(figure, day)),
  };
}
