/** When cases arrive: a Poisson process whose rate follows the hour, the day of the week and the month. @module */
import { intakeChannels } from "../../schema/events.ts";
import { assumptions } from "./assumptions.ts";
import { sourcedFigures } from "./figures.ts";
import { Categorical, type Random } from "./random.ts";

const HOUR = 3_600_000;
const WEEKS_A_YEAR = 365.2425 / 7;

type Channel = (typeof intakeChannels)[number];

/** An hour by the Dutch clock. */
export interface LocalHour {
  /** 1 to 12. */
  readonly month: number;
  /** 0 (Sunday, from midnight) to 167. */
  readonly hourOfWeek: number;
}

/** A moment at which a case arrives. */
interface Arrival extends LocalHour {
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** One hour of the week: its share of a week's arrivals, and through which channels they come. */
interface HourOfWeek {
  readonly share: number;
  readonly channels: Categorical<Channel>;
}

/** The Dutch hour that holds a moment, with summer time as the European Union has it. */
export function localHour(time: number): LocalHour {
  const year = new Date(time).getUTCFullYear();
  const summer = time >= lastSunday(year, 2) && time < lastSunday(year, 9);
  const local = new Date(time + (summer ? 2 : 1) * HOUR);
  return { month: local.getUTCMonth() + 1, hourOfWeek: local.getUTCDay() * 24 + local.getUTCHours() };
}

/** The last Sunday of a month (0 to 11) at 01:00 UTC, when European clocks change. */
function lastSunday(year: number, month: number): number {
  const lastDay = new Date(Date.UTC(year, month + 1, 0, 1));
  return lastDay.getTime() - lastDay.getUTCDay() * 24 * HOUR;
}

/** The 168 hours of a week: the channel mix of the data spread over the days and hours that are assumed. */
export function hoursOfWeek(): HourOfWeek[] {
  return Array.from({ length: 168 }, (_, hour) => {
    const weights = intakeChannels.map((channel) => channelShare(channel, hour));
    const share = weights.reduce((sum, weight) => sum + weight, 0);
    return { share, channels: new Categorical(intakeChannels, share === 0 ? [1, 1, 1] : weights) };
  });
}

/** What part of all arrivals comes through one channel in one hour of the week. */
function channelShare(channel: Channel, hourOfWeek: number): number {
  const online = channel === "online";
  const hours = (online ? assumptions.hours_online : assumptions.hours_phone_and_walk_in).value;
  const weekend =
    (online ? assumptions.weekend_weight_online : assumptions.weekend_weight_phone_and_walk_in).value;
  const day = Math.floor(hourOfWeek / 24);
  const ofDay = hours[hourOfWeek % 24]! / hours.reduce((sum, weight) => sum + weight, 0);
  const ofWeek = (day === 0 || day === 6 ? weekend : 1) / (5 + 2 * weekend);
  return sourcedFigures.channel_mix[channel] * ofDay * ofWeek;
}

interface ArrivalRate {
  readonly perYear: number;
  readonly week: readonly HourOfWeek[];
  /** Factors of the months, January first. */
  readonly months: readonly number[];
}

/** Arrivals one after the other, at least a millisecond apart, so that ids made of their times are in order. */
export class ArrivalProcess {
  #at: number;
  #hour: LocalHour;
  #hourEnds: number;
  #rate = 0;

  constructor(readonly random: Random, start: number, readonly rate: ArrivalRate) {
    this.#at = start;
    this.#hour = localHour(start);
    this.#hourEnds = this.#enter(start);
  }

  /** The next arrival. An exponential waiting time is spent hour by hour at the rate of each hour. */
  next(): Arrival {
    let wait = this.random.exponential();
    for (let left = this.#left(); wait >= left; left = this.#left()) {
      wait -= left;
      this.#at = this.#hourEnds;
      this.#hourEnds = this.#enter(this.#at);
    }
    this.#at = Math.max(this.#at + wait / this.#rate, Math.floor(this.#at) + 1);
    return { time: Math.floor(this.#at), month: this.#hour.month, hourOfWeek: this.#hour.hourOfWeek };
  }

  /** Arrivals to be expected in what is left of the hour. */
  #left(): number {
    return this.#rate * (this.#hourEnds - this.#at);
  }

  /** Takes the rate, in arrivals a millisecond, of the hour that holds `time`, and returns when that hour ends. */
  #enter(time: number): number {
    this.#hour = localHour(time);
    const { perYear, week, months } = this.rate;
    const perWeek = perYear / WEEKS_A_YEAR * months[this.#hour.month - 1]!;
    this.#rate = perWeek * week[this.#hour.hourOfWeek]!.share / HOUR;
    return (Math.floor(time / HOUR) + 1) * HOUR;
  }
}
