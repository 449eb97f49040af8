/** The files of `deploy`, for tests. @module */
import { fileURLToPath } from "node:url";

/** The path of a file or folder in `deploy`. */
export function deployPath(name: string): string {
  return fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url));
}

/** A duration as `--stop-within` and systemd write it, in seconds: `20s`, `30`. */
export function secondsOf(text: string): number {
  const [, number, unit] = /^(\d+)(s|m)?$/.exec(text) ?? [];
  if (number === undefined) throw new Error(`${text} is not a duration of this test`);
  return Number(number) * (unit === "m" ? 60 : 1);
}
