/**
 * What a household keeps to live on: figures of every half year, with their days and sources. Reviewed data: a change
 * here changes decisions. Amounts are whole cents a month.
 * @module
 */
import type { Profile } from "../../../schema/events.ts";
import type { Dated } from "./parameters.ts";
import { quoted, type Source } from "./source.ts";

export const BESLAGVRIJE_VOET = quoted(
  "Rv art. 475da lid 1",
  "https://wetten.overheid.nl/BWBR0001827#Artikel475da",
);
const STCRT_2021 = quoted(
  "VNG, bedragen 1-1-2021",
  "https://vng.nl/nieuws/wijziging-bedragen-beslagvrije-voet",
);
const STCRT_2022 = quoted(
  "Stcrt. 2021, 50384, bedragen 1-1-2022",
  "https://www.involon.nl/belastingen/artikelen/188/bedragen+maximale+beslagvrije+voet+per+1-1-2022",
);
const BOEC_2023 = quoted("Bedragen 1-1-2023", "https://boec.nl/beslagvrije-voet-1-januari-2023/");
const SCHULDINFO_2024 = quoted(
  "Bedragen 1-1-2024 (schuldinfo.nl)",
  "https://schuldinfo.nl/beslag-inkomen/hoogte-beslagvrije-voet/",
);
const AAG_2024 = quoted(
  "Bedragen 1-7-2024",
  "https://aag.nl/kennis/aanpassing-beslagvrije-voet-per-1-juli-2024/",
);
const AAG_2025 = quoted("Bedragen 1-1-2025", "https://aag.nl/kennis/");
const JULY_2025 = quoted("Bedragen 1-7-2025 (fundamentvoor.nl, arslan.nl)", "https://fundamentvoor.nl/");

/**
 * Rise of an amount in a half year for which none was found. Not published: an assumption, above the largest rise
 * between two amounts that were found (6.6% in the year 2023, 3.3% a half year), so that it protects too much rather
 * than too little.
 */
const ASSUMED_RISE = 0.035;

/** The kinds of household with a maximum of their own. */
export type ProtectedHousehold = "single" | "parent" | "couple" | "family";

/** An amount with its first day, the first day for which it is not known, and its source. */
type PublishedAmount = readonly [from: string, until: string, cents: number, source: Source];

function halfYearly(id: string, source: Source, amounts: readonly PublishedAmount[]): Dated<number> {
  const values = amounts.map(([from, until, value, source]) => ({ from, until, value, source }));
  return { id, source, assumedRise: ASSUMED_RISE, values };
}

/** The amounts of a household on the days for which all four were found; `july2024` was found for two of them. */
function voetOf(
  household: ProtectedHousehold,
  amounts: readonly [number, number, number, number, number, number],
  july2024?: number,
): Dated<number> {
  const [jan2021, jan2022, jan2023, jan2024, jan2025, july2025] = amounts;
  return halfYearly(`beslagvrije_voet_max_${household}`, BESLAGVRIJE_VOET, [
    ["2021-01-01", "2021-07-01", jan2021, STCRT_2021],
    ["2022-01-01", "2022-07-01", jan2022, STCRT_2022],
    ["2023-01-01", "2023-07-01", jan2023, BOEC_2023],
    ["2024-01-01", "2024-07-01", jan2024, SCHULDINFO_2024],
    ...(july2024 === undefined ? [] : [["2024-07-01", "2025-01-01", july2024, AAG_2024]] as const),
    ["2025-01-01", "2025-07-01", jan2025, AAG_2025],
    ["2025-07-01", "2026-01-01", july2025, JULY_2025],
  ]);
}

/** Highest beslagvrije voet by household. The figures of half years between these days were not found, nor those of 2026. */
export const beslagvrijeVoetMax: Readonly<Record<ProtectedHousehold, Dated<number>>> = {
  single: voetOf("single", [166_140, 169_166, 187_281, 199_621, 207_124, 209_367], 201_960),
  parent: voetOf("parent", [177_952, 181_473, 201_584, 216_260, 224_224, 226_467], 218_131),
  couple: voetOf("couple", [219_934, 223_689, 247_003, 263_149, 273_903, 277_107]),
  family: voetOf("family", [231_745, 226_298, 250_997, 274_709, 285_596, 288_800]),
};

/** Which maximum protects a household. An unknown household gets the highest, which errs on the citizen's side. */
export function protectedAs(household: Profile["household"]): ProtectedHousehold {
  switch (household) {
    case "eenpersoons":
      return "single";
    case "eenouder":
      return "parent";
    case "paar_zonder_kinderen":
      return "couple";
    default:
      return "family";
  }
}

const WESTLAND = quoted(
  "Bijstandsnormen 1-1-2024 (Participatiewet art. 21)",
  "https://www.gemeentewestland.nl/",
);

/** Norm of social assistance with holiday pay, from 21 years to the pension age; of 2024 alone, later ones were not found. */
export const assistanceNorm: Readonly<Record<"single" | "couple", Dated<number>>> = {
  single: halfYearly("assistance_norm_single", WESTLAND, [["2024-01-01", "2024-07-01", 128_383, WESTLAND]]),
  couple: halfYearly("assistance_norm_couple", WESTLAND, [["2024-01-01", "2024-07-01", 183_404, WESTLAND]]),
};
