import type { Output } from "../../../console/cli/command.ts";

/** An output, and every line printed on it, by stream. */
export function printed(): { out: string[]; err: string[]; output: Output } {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    out,
    err,
    output: { out: (l: string) => out.push(l), err: (l: string) => err.push(l), terminal: false },
  };
}
