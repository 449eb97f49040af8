/** How a load run goes, in lines that are drawn every second. Pure. @module */
import type { SecondFigures } from "../../../simulators/load/load_figures.ts";
import { formatDuration } from "../../cli/redaction.ts";
import { formatRounded } from "../../cli/terminal.ts";

/** A second of a run in words. `durationMs` is how long the load lasts, where that is known. */
export function liveLines(figures: SecondFigures, durationMs?: number): string[] {
  const { offered, appended, settled, behind, append_p99, end_to_end_p50, end_to_end_p99, processes } =
    figures;
  return [
    `${clock(figures.second, durationMs)}: ${formatRounded(offered)} offered, ${
      formatRounded(appended)
    } appended, ` +
    `${formatRounded(settled)} settled, ${formatRounded(behind)} behind`,
    `append p99 ${append_p99} ms, end to end p50 ${end_to_end_p50} ms, p99 ${end_to_end_p99} ms`,
    ...processes.map(({ name, cpu_percent, memory_mb }) =>
      `${name} ${cpu_percent} % of a core, ${formatRounded(memory_mb)} MB`
    ),
  ];
}

/** `5 of 60 s, 55 s to go`; after the last arrival what is left is settled, for as long as that takes. */
function clock(second: number, durationMs: number | undefined): string {
  if (durationMs === undefined) return `${second} s`;
  const left = durationMs - second * 1_000;
  const ending = left > 0 ? `${formatDuration(left)} to go` : "settling what is left";
  return `${second} of ${Math.round(durationMs / 1_000)} s, ${ending}`;
}
