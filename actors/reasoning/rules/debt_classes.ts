/**
 * What kind of claim a debt type is. The ids are those of the domain data; the classes are ours and follow who
 * collects the claim and under which law.
 * @module
 */

export const debtClasses = [
  "national_tax",
  "local_levy",
  "parking_levy",
  "benefits",
  "health",
  "vital",
  "fine",
  "study",
  "maintenance",
  "private",
  "unknown",
] as const;
/** `vital` is rent, energy, water and mortgage: losing it threatens the household. */
export type DebtClass = (typeof debtClasses)[number];

const classes: Readonly<Record<string, DebtClass>> = {
  belasting_inkomstenbelasting: "national_tax",
  belasting_motorrijtuigenbelasting: "national_tax",
  toeslagen_terugvordering: "benefits",
  kinderopvangtoeslag_terugvordering: "benefits",
  cak_wanbetaler_zorgpremie: "health",
  persoonlijke_lening: "private",
  creditcard_roodstand: "private",
  verkeersboete: "fine",
  studieschuld: "study",
  bijstandsvordering: "benefits",
  uwv_terugvordering: "benefits",
  svb_terugvordering: "benefits",
  cak_eigen_bijdrage: "health",
  zorgpremie: "health",
  energie: "vital",
  huur: "vital",
  drinkwater: "vital",
  afvalstoffenheffing: "local_levy",
  hondenbelasting: "local_levy",
  parkeerboete: "parking_levy",
  waterschapsbelasting: "local_levy",
  telecom: "private",
  achteraf_betalen: "private",
  webwinkel_postorder: "private",
  zorgnota_eigen_risico: "health",
  verzekeringspremie: "private",
  kinderalimentatie: "maintenance",
  hypotheek: "vital",
  lening_familie: "private",
};

/** The class of a debt type; `unknown` for one the domain data does not have. */
export function debtClass(debtType: string): DebtClass {
  return Object.hasOwn(classes, debtType) ? classes[debtType]! : "unknown";
}

/** The debt types of the domain data. */
export const knownDebtTypes: readonly string[] = Object.keys(classes);

const civil: readonly DebtClass[] = ["private", "vital", "health"];

/** True where collection costs follow the WIK scale: a consumer's debt under civil law. */
export function followsWik(debtType: string): boolean {
  // The CAK's premium is collected under the Zvw and its own contribution under the Wmo and Wlz: public law.
  return civil.includes(debtClass(debtType)) && !debtType.startsWith("cak_");
}

/**
 * True where a claim may be forgiven here: a municipal levy. Other creditors let their own claims go, and a water board has
 * rules of its own; the dog tax is mostly excluded, and remission of a parking levy is not usual.
 */
export function mayBeForgiven(debtType: string): boolean {
  return debtType === "afvalstoffenheffing";
}
