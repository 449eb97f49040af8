/** Puts simulated time and seeded chance in the place of the globals that the runtime uses. @module */
import type { Random } from "../cases/random.ts";
import { type SimulatedTime, START } from "./simulated_time.ts";

const RealDate = Date;

/** Nothing in a simulation waits longer: a wait for ever is not a task. */
const LONGEST_MS = 2 ** 31;

/** A timer never goes off exactly when it should. */
const LATE_MS = 0.5;

/** Replaces the globals until it is disposed of. Nothing else may run meanwhile. */
export function replaceGlobals(time: SimulatedTime, random: Random): Disposable {
  const originals = { Date: RealDate, ...pick(globalThis, ["setTimeout", "clearTimeout"]) };
  const intervals = pick(globalThis, ["setInterval", "clearInterval"]);
  const [chance, uuid, performanceNow] = [Math.random, crypto.randomUUID, performance.now];
  Object.assign(globalThis, { Date: simulatedDate(time), ...simulatedTimers(time, random) });
  Math.random = () => random.uniform();
  Object.assign(performance, { now: () => time.now });
  Object.assign(crypto, { randomUUID: () => uuidOf(random) });
  return {
    [Symbol.dispose]() {
      Object.assign(globalThis, originals, intervals);
      Math.random = chance;
      Object.assign(performance, { now: performanceNow });
      Object.assign(crypto, { randomUUID: uuid });
    },
  };
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}

function simulatedDate(time: SimulatedTime): DateConstructor {
  const now = () => START + Math.floor(time.now) + time.current.clockOffset;
  class SimulatedDate extends RealDate {
    constructor(...args: [] | [number]) {
      super(...(args.length === 0 ? [now()] as const : args));
    }
    static override now(): number {
      return now();
    }
  }
  return SimulatedDate as unknown as DateConstructor;
}

type Timer = ReturnType<SimulatedTime["after"]>;

function simulatedTimers(time: SimulatedTime, random: Random) {
  const timers = new Map<number, Timer>();
  let last = 0;
  const start = (id: number, ms: number, run: () => void) => {
    if (ms < LONGEST_MS) timers.set(id, time.after(ms + random.uniform() * LATE_MS, time.current, run));
  };
  const clear = (id?: number) => {
    const timer = timers.get(id ?? 0);
    timers.delete(id ?? 0);
    if (timer !== undefined) timer.cancelled = true;
  };
  return {
    setTimeout(run: () => void, ms = 0) {
      const id = ++last;
      start(id, ms, () => (timers.delete(id), run()));
      return id;
    },
    setInterval(run: () => void, ms = 0) {
      const id = ++last;
      const again = () => (start(id, ms, again), run());
      start(id, ms, again);
      return id;
    },
    clearTimeout: clear,
    clearInterval: clear,
  };
}

function uuidOf(random: Random): ReturnType<typeof crypto.randomUUID> {
  const hex = () => random.uint32().toString(16).padStart(8, "0");
  const [a, b, c, d] = [hex(), hex(), hex(), hex()];
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
