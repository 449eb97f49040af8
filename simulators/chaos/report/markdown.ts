/** The report as Markdown. Pure. @module */
import { invariants } from "../../proof/history_checker.ts";
import type { RunResult } from "../run_scenario.ts";
import { type ChaosResult, describeLedger, formatMs, hasPassed, replayCommand, worstOf } from "./summary.ts";

export function markdownReport(result: ChaosResult): string {
  const failed = result.runs.filter(({ failures }) => failures.length > 0).length;
  return [
    "# Chaos",
    "",
    `**${hasPassed(result) ? "PASSED" : "FAILED"}**: ${result.runs.length} runs, ${failed} failed. ` +
    `Seed \`${result.seed}\`, ${result.at}.`,
    "",
    ...result.missing.map((what) => `- missing: ${what}`),
    ...result.notPlayed.map((what) => `- not played: ${what}`),
    "",
    "| scenario | backend | verdict | detected within | recovered within | events | waits to drain |",
    "| -------- | ------- | ------- | --------------- | ---------------- | ------ | -------------- |",
    ...result.runs.map(row),
    "",
    ...result.runs.flatMap(section),
  ].join("\n");
}

function row(run: RunResult): string {
  const cells = [
    run.scenario,
    run.backend,
    run.failures.length === 0 ? "passed" : "**failed**",
    formatMs(worstOf(run.faults, ({ detectedMs }) => detectedMs)),
    formatMs(worstOf(run.faults, ({ recoveredMs }) => recoveredMs)),
    String(run.accepted),
    formatMs(run.drainMs),
  ];
  return `| ${cells.join(" | ")} |`;
}

function section(run: RunResult): string[] {
  return [
    `## ${run.scenario} on ${run.backend}: ${run.failures.length === 0 ? "passed" : "FAILED"}`,
    "",
    `${run.about}.`,
    "",
    ...run.failures.map((failure) => `- **${failure}**`),
    ...run.failures.length > 0 ? [""] : [],
    "| fault | from | to | what proves it | first sign | recovered |",
    "| ----- | ---- | -- | -------------- | ---------- | --------- |",
    ...run.faults.map((fault) => {
      const sign = fault.detectedBy === undefined
        ? "–"
        : `${fault.detectedBy} after ${formatMs(fault.detectedMs)}`;
      const proof = fault.proof ?? "**nothing**";
      return `| ${fault.name} | ${formatMs(fault.appliedAt)} | ${
        formatMs(fault.healedAt)
      } | ${proof} | ${sign} | ${formatMs(fault.recoveredMs)} |`;
    }),
    "",
    ...run.findings.map(({ invariant, broken }) =>
      `- ${broken.length === 0 ? "holds" : "**BROKEN**"}: ${invariant}, ${invariants[invariant]}`
    ),
    "",
    `${describeLedger(run)}.`,
    "",
    `Again: \`${replayCommand(run)}\``,
    "",
  ];
}
