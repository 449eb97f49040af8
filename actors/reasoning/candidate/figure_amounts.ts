/** Which parts of the figures of law are amounts: cents inside, euros with two decimals in files. Pure. @module */
import { hasWholeCents, writtenEuros } from "../../../schema/money.ts";

/** Figures that are an amount as a whole. */
const AMOUNTS =
  /^(beslagvrije_voet_max_|assistance_norm_|collection_cost$|kostenwet_seizure$|wahv_fee$|wahv_instalments_from$)/;

/** Fields that are amounts, in whatever figure they stand. */
const AMOUNT_FIELDS: ReadonlySet<string> = new Set([
  "amount",
  ...["below", "from", "bound"],
  ...["base", "step", "per", "max", "min"],
  ...["car", "bankSingle"],
  "width",
]);

/** A value of a figure as files have it. */
export function inEuros(id: string, value: unknown): unknown {
  return mapAmounts(value, AMOUNTS.test(id), (cents) => writtenEuros(cents / 100));
}

/** A value of a file as decisions count with it. Throws RangeError for an amount that is not whole cents. */
export function inCents(id: string, value: unknown): unknown {
  return mapAmounts(value, AMOUNTS.test(id), (euros) => {
    if (!hasWholeCents(euros) || euros < 0) throw new RangeError("an amount has at most two decimals");
    return Math.round(euros * 100);
  });
}

function mapAmounts(value: unknown, isAmount: boolean, map: (amount: number) => unknown): unknown {
  if (typeof value === "number") return isAmount ? map(value) : value;
  if (Array.isArray(value)) return value.map((each) => mapAmounts(each, isAmount, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [field, inner],
    ) => [field, mapAmounts(inner, AMOUNT_FIELDS.has(field), map)]),
  );
}
