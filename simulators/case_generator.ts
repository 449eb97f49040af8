/**
 * The case generator: a stream of intakes that look like Dutch debt assistance, drawn from the figures of `cases/figures.ts`
 * and the assumptions of `cases/assumptions.ts`. Pure: no clock, no file, no network; the same options give the same bytes,
 * and a shorter run is the beginning of a longer one.
 * @module
 */
import type { z } from "zod";
import { withTwoDecimals } from "../schema/codec.ts";
import type { eventTypes, WireEvent } from "../schema/events.ts";
import { ArrivalProcess, hoursOfWeek } from "./cases/arrival_pattern.ts";
import { assumptions } from "./cases/assumptions.ts";
import { type Citizen, CitizenPopulation } from "./cases/profiles.ts";
import { type Claim, ClaimProcess, monthFactors } from "./cases/claims.ts";
import { latestApplications, smallestCountedDebt } from "./cases/figures.ts";
import { withGaps } from "./cases/gaps.ts";
import { Random } from "./cases/random.ts";
import { type CaseVariant, type CaseVariantName, caseVariants } from "./cases/variants.ts";
import { seededUuid } from "./cases/seeded_ids.ts";

export interface GeneratorOptions {
  /** Any text or number. The same seed, with the same other options, gives the same cases. */
  readonly seed: string | number;
  /** The number of cases; Infinity for a stream that its reader ends. */
  readonly count: number;
  /** Start of the simulated time, ISO 8601 with an offset. Default: the fixed start of `assumptions.ts`. */
  readonly from?: string;
  /** A labelled departure from the sources. Default `none`. */
  readonly scenario?: CaseVariantName;
  /** Cases in a simulated year. Default: the applications the NVVK reported last (75,531). */
  readonly arrivalsPerYear?: number;
  /** False leaves out what is known of the person, as in the bare event of the brief. Default true. */
  readonly profile?: boolean;
  /** False leaves no gaps in profiles: for training, which must know what became of whom. Default true. */
  readonly gaps?: boolean;
}

/** The data of an intake as it travels: amounts in euros. */
export type IntakeData = z.input<(typeof eventTypes)["case.intake"]["schema"]>["data"];

interface IntakeEvent extends WireEvent {
  readonly event_type: "case.intake";
  readonly data: IntakeData;
}

export interface GeneratedCase {
  readonly event: IntakeEvent;
  /** True when the person had a case before in this run. */
  readonly returning: boolean;
}

/** Generates cases in the order of their arrival, in constant memory. */
export function* generateCases(options: GeneratorOptions): Generator<GeneratedCase> {
  const { count, profile = true, gaps = true } = options;
  const draws = randomStreams(options);
  for (let i = 0; i < count; i++) {
    const arrival = draws.arrivals.next();
    const channel = draws.week[arrival.hourOfWeek]!.channels.draw(draws.channels);
    const { citizen, returning } = draws.population.next(arrival.time);
    const claim = draws.claims.next(arrival.month, citizen);
    citizen.totalDebt = totalDebt(citizen, claim);
    const caseId = seededUuid(arrival.time, draws.ids);
    const data = intakeData(caseId, citizen, claim, channel);
    const whole = profileOf(citizen, claim);
    const known = gaps ? withGaps(whole, draws.gaps) : whole;
    if (profile && known !== undefined) data.profile = known;
    yield { event: intakeEvent(seededUuid(arrival.time, draws.ids), arrival.time, data), returning };
  }
}

/** A case as one line of JSON, amounts with exactly two decimals, without the line's end. */
export function caseLine({ event }: GeneratedCase): string {
  return JSON.stringify(withTwoDecimals(event));
}

/**
 * One independent stream for each thing drawn, so that a scenario changes what it names and leaves the rest alike.
 * The ids depend on all options: runs that differ in any of them do not share ids.
 */
function randomStreams(options: GeneratorOptions) {
  const { seed, profile = true, scenario: name = "none" } = options;
  const { from = assumptions.start_of_time.value, arrivalsPerYear = latestApplications.n } = options;
  const scenario: CaseVariant = caseVariants[name];
  const [start, week] = [Date.parse(from), hoursOfWeek()];
  if (!(start >= 0)) throw new RangeError("Cannot generate cases: from must be a time since 1970");
  const rate = { perYear: arrivalsPerYear * scenario.arrivalFactor, week, months: monthFactors(scenario) };
  return {
    week,
    arrivals: new ArrivalProcess(new Random(seed, "arrivals"), start, rate),
    channels: new Random(seed, "channels"),
    population: new CitizenPopulation(new Random(seed, "population")),
    claims: new ClaimProcess(new Random(seed, "claims"), scenario),
    gaps: new Random(seed, "gaps"),
    ids: new Random(seed, `ids/${name}/${start}/${arrivalsPerYear}/${profile}`),
  };
}

function intakeEvent(eventId: string, time: number, data: IntakeData): IntakeEvent {
  return {
    event_id: eventId,
    event_type: "case.intake",
    timestamp: new Date(time).toISOString(),
    correlation_id: data.case_id,
    data,
    metadata: { schema_version: 1, source: "simulator" },
  };
}

function intakeData(
  caseId: string,
  citizen: Citizen,
  claim: Claim,
  channel: IntakeData["intake_channel"],
): IntakeData {
  return {
    case_id: caseId,
    citizen_bsn: citizen.bsn,
    debt_amount: toCents(claim.amount),
    debt_type: claim.type.id,
    organization: creditorName(claim, citizen),
    intake_channel: channel,
    priority: claim.priority,
  };
}

function creditorName({ type: { organization } }: Claim, { municipality }: Citizen): string {
  return organization === "Gemeente" ? `Gemeente ${municipality}` : organization;
}

function profileOf(citizen: Citizen, claim: Claim): NonNullable<IntakeData["profile"]> {
  return {
    household: citizen.household,
    age_band: citizen.ageBand,
    municipality: citizen.municipality,
    income_source: citizen.incomeSource,
    monthly_income: toCents(citizen.monthlyIncome),
    creditors: citizen.creditors,
    total_debt: toCents(citizen.totalDebt),
    threats: [...claim.threats],
    contact: contactOf(citizen),
  };
}

/**
 * All debts together, in euros: this claim and what the other creditors are owed, which is what it leaves of the total.
 * Beside a claim that leaves little they are owed half of their even part of the total, and a smallest debt each at least.
 */
function totalDebt({ creditors, totalDebt }: Citizen, { amount }: Claim): number {
  const others = creditors - 1;
  if (others === 0) return amount;
  return amount +
    Math.max(totalDebt - amount, totalDebt * others / creditors / 2, smallestCountedDebt * others);
}

/** Contact details that cannot exist (see `modellingChoices.contact`). */
function contactOf({ ordinal }: Citizen) {
  return {
    name: `Testpersoon ${ordinal}`,
    email: `testpersoon-${ordinal}@example.org`,
    phone: `000-${String(ordinal).padStart(7, "0")}`,
  };
}

function toCents(euros: number): number {
  return Math.round(euros * 100) / 100;
}

// Not awaited at the top level: the command imports this module, which must have been evaluated by then.
if (import.meta.main) {
  import("../main.ts").then(async ({ runProgram }) =>
    Deno.exit(await runProgram(["simulate", ...Deno.args]))
  );
}
