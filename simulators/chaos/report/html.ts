/** The report as one HTML page that needs nothing else. Pure. @module */
import { invariants } from "../../proof/history_checker.ts";
import type { RunResult } from "../run_scenario.ts";
import type { FaultRecord } from "../timeline.ts";
import { chart, escapeHtml } from "./chart.ts";
import style from "./style.css" with { type: "text" };
import {
  type ChaosResult,
  describeLedger,
  formatCount,
  formatMs,
  hasPassed,
  replayCommand,
  worstOf,
} from "./summary.ts";

export function htmlReport(result: ChaosResult): string {
  const passed = hasPassed(result);
  const verdict = passed ? "passed" : "failed";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Zaakstroom chaos: ${verdict}</title>
<style>
${style}
</style>
</head>
<body>
<header>
<h1>Chaos <span class="verdict ${verdict}">${verdict}</span></h1>
<p>${summaryOf(result)}</p>
${
    [...result.missing, ...result.notPlayed].map((what) =>
      `<p class="note">Not played: ${escapeHtml(what)}</p>`
    )
      .join("\n")
  }
</header>
${overview(result.runs)}
${result.runs.map(section).join("\n")}
</body>
</html>
`;
}

function summaryOf({ runs, seed, at }: ChaosResult): string {
  const failed = runs.filter(({ failures }) => failures.length > 0).length;
  const events = runs.reduce((sum, { accepted }) => sum + accepted, 0);
  const deliveries = runs.reduce((sum, { settled }) => sum + settled, 0);
  const faults = runs.flatMap((run) => run.faults);
  const proven = faults.filter(({ proof }) => proof !== undefined).length;
  return `${runs.length} runs, ${failed} failed; ${formatCount(faults.length)} faults, ${
    formatCount(proven)
  } with proof that they took effect; ` +
    `${formatCount(events)} events accepted and ${formatCount(deliveries)} deliveries settled meanwhile. ` +
    `Seed <code>${escapeHtml(seed)}</code>, ${escapeHtml(at)}.`;
}

function overview(runs: readonly RunResult[]): string {
  const heads = [
    "scenario",
    "backend",
    "verdict",
    "detected within",
    "recovered within",
    "events",
    "drained in",
  ];
  const rows = runs.map((run) => {
    const verdict = run.failures.length === 0 ? "passed" : "failed";
    const detected = worstOf(run.faults, ({ detectedMs }) => detectedMs);
    const recovered = worstOf(run.faults, ({ recoveredMs }) => recoveredMs);
    return `<tr><td><a href="#${idOf(run)}">${run.scenario}</a></td><td>${run.backend}</td>` +
      `<td><span class="verdict ${verdict}">${verdict}</span></td><td>${formatMs(detected)}</td>` +
      `<td>${formatMs(recovered)}</td><td>${formatCount(run.accepted)}</td><td>${
        formatMs(run.drainMs)
      }</td></tr>`;
  });
  return table(heads, rows, "overview");
}

function section(run: RunResult): string {
  const verdict = run.failures.length === 0 ? "passed" : "failed";
  const failures = run.failures.map((failure) => `<li>${escapeHtml(failure)}</li>`).join("");
  return `<section id="${idOf(run)}">
<h2>${run.scenario} <small>on ${run.backend}</small> <span class="verdict ${verdict}">${verdict}</span></h2>
<p>${escapeHtml(run.about)}.</p>
${failures === "" ? "" : `<ul class="failures">${failures}</ul>`}
${chart(run)}
${
    table(
      ["fault", "from – to", "what proves it", "first sign", "recovered"],
      run.faults.map(faultRow),
      "faults",
    )
  }
<p class="invariants">${run.findings.map(invariantMark).join(" ")}</p>
<p class="account">${escapeHtml(describeLedger(run))}.</p>
<p class="again"><code>${escapeHtml(replayCommand(run))}</code></p>
</section>`;
}

function faultRow(fault: FaultRecord): string {
  const { name, does, appliedAt, healedAt, proof, detectedBy, detectedMs, recoveredMs } = fault;
  const sign = detectedBy === undefined
    ? "–"
    : `${detectedBy.replaceAll("_", " ")} after ${formatMs(detectedMs)}`;
  const shown = proof === undefined ? '<strong class="failed">nothing</strong>' : escapeHtml(proof);
  return `<tr><td title="${escapeHtml(does)}">${escapeHtml(name)}</td><td>${formatMs(appliedAt)} – ${
    formatMs(healedAt)
  }</td>` +
    `<td>${shown}</td><td>${sign}</td><td>${formatMs(recoveredMs)}</td></tr>`;
}

function invariantMark({ invariant, broken }: RunResult["findings"][number]): string {
  const state = broken.length === 0 ? "holds" : "broken";
  return `<span class="invariant ${state}" title="${state}: ${
    escapeHtml(invariants[invariant])
  }">${invariant} ` +
    `<small>${escapeHtml(invariants[invariant])}</small></span>`;
}

function table(heads: readonly string[], rows: readonly string[], kind: string): string {
  const head = heads.map((text) => `<th>${escapeHtml(text)}</th>`).join("");
  return `<div class="scroll"><table class="${kind}"><thead><tr>${head}</tr></thead><tbody>\n${
    rows.join("\n")
  }\n</tbody></table></div>`;
}

function idOf({ scenario, backend }: RunResult): string {
  return `${scenario}-${backend}`;
}
