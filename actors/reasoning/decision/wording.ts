/** How amounts, days and words are written in the two languages of a decision. @module */

/** One language. */
export interface Language {
  /** Cents as prose writes them: `€1,250.50`, `€ 1.250,50`. */
  euros(amount: number): string;
  /** An ISO date as a letter has it. */
  date(day: string): string;
  /** A share with two decimals. */
  share(share: number): string;
  /** A threat or a decision in words. */
  word(name: string): string;
}

const english: Readonly<Record<string, string>> = {
  eviction: "eviction",
  energy_cutoff: "energy cut-off",
  water_cutoff: "water cut-off",
  health_insurance_cancellation: "end of the health insurance",
  forgive: "forgiving",
  payment_plan: "a payment plan",
  collect: "collecting",
  refer_assistance: "debt assistance",
};

const dutch: Readonly<Record<string, string>> = {
  eviction: "ontruiming",
  energy_cutoff: "afsluiting van energie",
  water_cutoff: "afsluiting van water",
  health_insurance_cancellation: "beëindiging van de zorgverzekering",
  forgive: "kwijtschelden",
  payment_plan: "een betalingsregeling",
  collect: "innen",
  refer_assistance: "schuldhulpverlening",
};

function grouped(amount: number, separator: string): string {
  const euros = String(Math.floor(amount / 100));
  return euros.length < 4 ? euros : euros.replace(/\B(?=(\d{3})+$)/g, separator);
}

function decimals(amount: number): string {
  return String(amount % 100).padStart(2, "0");
}

/** English prose; days stay ISO. */
export const inEnglish: Language = {
  euros: (amount) => `€${grouped(amount, ",")}.${decimals(amount)}`,
  date: (day) => day,
  share: (share) => share.toFixed(2),
  word: (name) => english[name] ?? name,
};

/** Dutch prose; days as `9-11-2025`. */
export const inDutch: Language = {
  euros: (amount) => `€ ${grouped(amount, ".")},${decimals(amount)}`,
  date: (day) => day.split("-").map(Number).toReversed().join("-"),
  share: (share) => share.toFixed(2).replace(".", ","),
  word: (name) => dutch[name] ?? name,
};
