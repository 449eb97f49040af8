/** How amounts, days and words are written in the two languages of a decision. @module */

/** Threats and decisions in words. */
const words: Readonly<Record<string, { readonly en: string; readonly nl: string }>> = {
  eviction: { en: "eviction", nl: "ontruiming" },
  energy_cutoff: { en: "energy cut-off", nl: "afsluiting van energie" },
  water_cutoff: { en: "water cut-off", nl: "afsluiting van water" },
  health_insurance_cancellation: {
    en: "end of the health insurance",
    nl: "beëindiging van de zorgverzekering",
  },
  forgive: { en: "forgiving", nl: "kwijtschelden" },
  payment_plan: { en: "a payment plan", nl: "een betalingsregeling" },
  collect: { en: "collecting", nl: "innen" },
  refer_assistance: { en: "debt assistance", nl: "schuldhulpverlening" },
};

function grouped(amount: number, separator: string): string {
  let left = String(Math.floor(amount / 100)), groups = "";
  for (; left.length > 3; left = left.slice(0, -3)) groups = separator + left.slice(-3) + groups;
  return left + groups;
}

function decimals(amount: number): string {
  return String(amount % 100).padStart(2, "0");
}

const MONTHS = [
  "januari",
  "februari",
  "maart",
  "april",
  "mei",
  "juni",
  "juli",
  "augustus",
  "september",
  "oktober",
  "november",
  "december",
];

/** An ISO date in Dutch: `9 november 2025`. */
export function dutchDate(day: string): string {
  return `${Number(day.slice(8, 10))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
}

/** English prose. */
export const inEnglish = {
  /** Cents as prose writes them: `€1,250.50`, `€ 1.250,50`. */
  euros: (amount: number): string => `€${grouped(amount, ",")}.${decimals(amount)}`,
  /** An ISO date as a letter has it; in English it stays. */
  date: (day: string): string => day,
  /** A share with two decimals. */
  share: (share: number): string => share.toFixed(2),
  word: (name: string): string => words[name]?.en ?? name,
  /** Behind what a model says that was trained on simulated histories. */
  basis: ", by a model of synthetic data" as string,
  /** How many instalments, of at most how much each. */
  instalments: (count: number, each: string): string =>
    count === 1 ? `1 instalment of ${each}` : `${count} instalments of at most ${each}`,
};
export type Language = typeof inEnglish;

/** Dutch prose; days as `9 november 2025`. */
export const inDutch: Language = {
  euros: (amount) => `€ ${grouped(amount, ".")},${decimals(amount)}`,
  date: dutchDate,
  share: (share) => share.toFixed(2).replace(".", ","),
  word: (name) => words[name]?.nl ?? name,
  basis: ", volgens een model van synthetische gegevens",
  instalments: (count, each) =>
    count === 1 ? `1 termijn van ${each}` : `${count} termijnen van ten hoogste ${each}`,
};
