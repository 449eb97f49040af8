/** Every word of the console in English and in Dutch, and how numbers, amounts and times are written in each. @module */
import { caseTexts } from "./case.ts";
import { commonTexts } from "./common.ts";
import { durabilityTexts } from "./durability.ts";
import { flowTexts } from "./flow.ts";
import { policyBoundTexts } from "./policy_bounds.ts";
import { processorTexts } from "./processors.ts";
import { repairTexts } from "./repair.ts";
import { replayTexts } from "./replay.ts";
import { whatIfTexts } from "./what_if.ts";

const catalogue = {
  ...commonTexts,
  ...flowTexts,
  ...caseTexts,
  ...repairTexts,
  ...policyBoundTexts,
  ...replayTexts,
  ...whatIfTexts,
  ...processorTexts,
  ...durabilityTexts,
};
export type TextKey = keyof typeof catalogue;

export const languages = ["en", "nl"] as const;
export type Language = (typeof languages)[number];

/** Fills in what a text leaves open. `n` also chooses among its forms: one and more, or none, one and more. */
export type Fill = Readonly<Record<string, string | number>>;

/** Writes in one language. */
export interface Writer {
  readonly language: Language;
  (key: TextKey, fill?: Fill): string;
  /** The text of a key that is put together; the second argument where there is none. */
  known(key: string, otherwise: string): string;
  number(value: number): string;
  /** Cents as euros. */
  euros(cents: number): string;
  amount(cents: number): string;
  /** Milliseconds in the unit that fits. */
  duration(ms: number): string;
  share(value: number): string;
  date(day: string): string;
  moment(at: string | number): string;
  time(at: string | number): string;
}

const ZONE = "Europe/Amsterdam";
const writers: Readonly<Record<Language, Writer>> = { en: writerOf("en"), nl: writerOf("nl") };

/** The writer of a language. */
export function writerIn(language: Language): Writer {
  return writers[language];
}

/** The language of an `Accept-Language`: Dutch when it is named before English. */
export function languageOf(accepted: string | undefined): Language {
  const wanted = (accepted ?? "").split(",").map((each) => each.trim().slice(0, 2).toLowerCase());
  return wanted.find((each): each is Language => each === "en" || each === "nl") ?? "en";
}

function writerOf(language: Language): Writer {
  const locale = language === "nl" ? "nl-NL" : "en-GB";
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const cents = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const hundredth = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const day = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: ZONE,
  });
  const short = {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: ZONE,
  } as const;
  const moment = new Intl.DateTimeFormat(locale, short);
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: ZONE } as const;
  const time = new Intl.DateTimeFormat(locale, clock);
  const write = (key: TextKey, fill: Fill = {}) =>
    filled(catalogue[key][language === "nl" ? 1 : 0], fill, whole);
  return Object.assign(write, {
    language,
    known: (key: string, otherwise: string) =>
      Object.hasOwn(catalogue, key) ? write(key as TextKey) : otherwise,
    number: (value: number) => whole.format(value),
    euros: (value: number) => `€ ${cents.format(value / 100)}`,
    amount: (value: number) => cents.format(value / 100),
    duration: (ms: number) => durationText(ms, whole, tenth),
    share: (value: number) => hundredth.format(value),
    date: (value: string) => day.format(new Date(`${value}T12:00:00Z`)),
    moment: (at: string | number) => moment.format(new Date(at)),
    time: (at: string | number) => time.format(new Date(at)),
  });
}

function filled(text: string, fill: Fill, whole: Intl.NumberFormat): string {
  const shown = (value: string | number) => typeof value === "number" ? whole.format(value) : value;
  return formOf(text.split("|"), fill.n).replace(
    /\{(\w+)\}/g,
    (hole, name) => Object.hasOwn(fill, name) ? shown(fill[name]!) : hole,
  );
}

/** Of two forms the first is for one; of three the first is for none. */
function formOf(forms: readonly string[], n: string | number | undefined): string {
  const number = Number(n);
  if (forms.length === 3) return forms[Math.min(2, number)] ?? forms[2]!;
  return number === 1 ? forms[0]! : forms.at(-1)!;
}

function durationText(ms: number, whole: Intl.NumberFormat, tenth: Intl.NumberFormat): string {
  if (ms < 1_000) return `${ms < 10 ? tenth.format(ms) : whole.format(ms)} ms`;
  if (ms < 60_000) return `${tenth.format(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${whole.format(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${tenth.format(ms / 3_600_000)} h`;
  return `${whole.format(ms / 86_400_000)} d`;
}
