/** What a check of a server finds, in one shape for every store. @module */

/**
 * `ok`: as wanted. `unknown`: the server does not report it, or not to this user. `advice`: the store works, and would be
 * safer or faster. `problem`: data may be lost, or the store does not work.
 */
export type FindingLevel = "ok" | "unknown" | "advice" | "problem";

/** One thing that was checked. */
export interface Finding {
  /** What was checked, as one word of the server or of this program: `max_wal_size`, `rights`. */
  readonly check: string;
  readonly level: FindingLevel;
  /** How it is. */
  readonly found: string;
  /** What to change, and why; absent where it is as wanted. */
  readonly change?: string;
  readonly why?: string;
}

/** A finding that asks for nothing. */
export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found };
}

/** A finding that asks for something. */
export function finding(
  level: Exclude<FindingLevel, "ok">,
  check: string,
  { found, change, why }: { readonly found: string; readonly change: string; readonly why: string },
): Finding {
  return { check, level, found, change, why };
}

/** Clocks further apart than this are worth a word: time stamps of events then contradict those of the store. */
const CLOCK_ADVICE_MS = 1_000;
/** With clocks this far apart legal terms that begin on a day may begin on the wrong one. */
const CLOCK_PROBLEM_MS = 60_000;

/** How far the server's clock is from this machine's: `aheadMs` is negative where it is behind. */
export function clockFinding(aheadMs: number): Finding {
  const apart = Math.abs(aheadMs);
  const found = `the server's clock is ${(apart / 1_000).toFixed(2)} s ${aheadMs < 0 ? "behind" : "ahead"}`;
  if (apart < CLOCK_ADVICE_MS) return ok("clock", found);
  return finding(apart < CLOCK_PROBLEM_MS ? "advice" : "problem", "clock", {
    found,
    change: "synchronise both machines by NTP (chrony or systemd-timesyncd)",
    why: "an event has its producer's time and the store's; timers and terms run by the store's",
  });
}

/** Below these shares of free space a disk is worth a word, and a problem. */
const DISK_ADVICE = 0.25;
const DISK_PROBLEM = 0.1;

/** A disk, or what an account may use of one. */
export interface Space {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/** How much room is left where the store is kept. */
export function spaceFinding({ usedBytes, totalBytes }: Space, change: string): Finding {
  const free = Math.max(0, 1 - usedBytes / totalBytes);
  const found = `${sizeOf(totalBytes - usedBytes)} of ${sizeOf(totalBytes)} free`;
  if (free >= DISK_ADVICE) return ok("disk", found);
  const why = "a store without room refuses new events until there is room again";
  return finding(free < DISK_PROBLEM ? "problem" : "advice", "disk", { found, change, why });
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes for people, in powers of 1,024 as PostgreSQL counts them: `2.0 GB`. */
export function sizeOf(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
