/**
 * Colour, for people only: where a stream is a terminal, unless `NO_COLOR` is set. `FORCE_COLOR` has it in a pipe too, and
 * comes before the other, as for Deno itself.
 * @module
 */

const CODES = { bold: [1, 22], red: [31, 39], green: [32, 39] } as const;

/** Gives text a style, or leaves it as it is where there is no colour. */
export type Paint = (style: keyof typeof CODES, text: string) => string;

/** A painter for a stream. */
export function painterFor(isTerminal: boolean): Paint {
  if (Deno.noColor || !(isTerminal || isForced())) return paintNothing;
  return (style, text) => `\x1b[${CODES[style][0]}m${text}\x1b[${CODES[style][1]}m`;
}

/** Leaves text as it is. */
export const paintNothing: Paint = (_style, text) => text;

/** A program without access to the environment is not asked for colour. */
function isForced(): boolean {
  try {
    return !["", "0", "false"].includes(Deno.env.get("FORCE_COLOR") ?? "");
  } catch {
    return false;
  }
}
