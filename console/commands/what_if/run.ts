/** What `what-if` does. @module */
import { join } from "node:path";
import type { Backend } from "../../../backends/backend.ts";
import { defaultDataDir } from "../../../backends/local_server/data_directory.ts";
import { compareHistory, type ComparisonProgress } from "../../../simulators/what_if/compare_history.ts";
import { whatIfReport, whatIfText } from "../../../simulators/what_if/what_if_report.ts";
import { type WhatIfResult, whatIfResult } from "../../../simulators/what_if/what_if_result.ts";
import config from "../../../deno.json" with { type: "json" };
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { printResult } from "../../cli/output.ts";
import { toJsonText } from "../../cli/redaction.ts";
import { prepareReports, writeReport } from "../../cli/report_files.ts";
import { listenForStop } from "../../cli/shutdown.ts";
import { Progress } from "../../cli/terminal.ts";
import { openBackend } from "../../store/open_backend.ts";
import { grantMandates, policy } from "../../../actors/application.ts";
import { readPolicy } from "../../node/policy_file.ts";
import { type NamedCandidate, readCandidate } from "./candidate_files.ts";
import type { WhatIfValues } from "./options.ts";
import { ProgressFile } from "./progress_file.ts";

export async function runWhatIf(values: WhatIfValues, output: Output): Promise<number> {
  if (values.mandates !== undefined) grantMandates((await readPolicy(values.mandates)).mandates);
  const named = await readCandidate(values);
  if (values.report !== undefined) await prepareReports(values.report);
  const opened = await openBackend(values, { role: "client" });
  const stop = listenForStop(false);
  try {
    const identity = await identityOf(opened.backend, opened.where, values, named);
    const directory = values.state ?? join(values["data-dir"] ?? defaultDataDir(), "what-if");
    const file = await ProgressFile.open(directory, identity);
    const running = run(opened.backend, values, named, { file, output, signal: stop.graceful });
    // A second signal does not wait for the batches under way: what was compared by then stands in the file.
    return await Promise.race([running, stop.immediate.then(() => exitCodes.interrupted)]);
  } finally {
    stop.close();
    await opened.close();
  }
}

/** To its end, or to where it was stopped. */
async function run(
  backend: Backend,
  values: WhatIfValues,
  named: NamedCandidate,
  context: RunContext,
): Promise<number> {
  const { result, progress } = await compare(backend, values, named, context);
  if (result.complete) await context.file.remove();
  else context.file.write(progress);
  return await hand(result, values, context.output);
}

/** What makes a run the continuation of another: the same question about the same store by the same program. */
async function identityOf(
  backend: Backend,
  where: string,
  values: WhatIfValues,
  { candidate }: NamedCandidate,
) {
  const { whole, from, to, sample, seed } = values;
  for await (const { event } of backend.readAll()) {
    return {
      version: config.version,
      where,
      first: event.event_id,
      candidate,
      mandates: policy.mandates,
      whole,
      from,
      to,
      sample,
      seed,
    };
  }
  throw new CommandError(exitCodes.notFound, "The store has no events");
}

interface RunContext {
  readonly file: ProgressFile;
  readonly output: Output;
  readonly signal: AbortSignal;
}

async function compare(
  backend: Backend,
  values: WhatIfValues,
  { candidate, changes }: NamedCandidate,
  { file, output, signal }: RunContext,
): Promise<{ result: WhatIfResult; progress: ComparisonProgress }> {
  const { sample, seed, from, to, workers } = values;
  const mode = values.whole ? "whole" as const : "decisions" as const;
  const earlier = await file.read();
  const last = await backend.lastPosition?.();
  const shown = new Progress(output, { what: "decisions" });
  shown.print(
    changes.length === 0 ? "Compares the current version with itself" : `Tries ${changes.join("; ")}`,
  );
  if (earlier !== undefined) shown.print(`Goes on after position ${earlier.position}`);
  const progress = await compareHistory(backend, {
    ...{ candidate, mode, seed, sample, from, to, workers, signal, earlier },
    onProgress(now) {
      shown.update(now.figures.points, last === undefined || last === 0 ? undefined : now.position / last);
      file.writeSometimes({ ...now, position: Math.max(now.position, earlier?.position ?? 0) });
    },
  });
  shown.clear();
  const result = whatIfResult(progress.figures, { mode, sample, seed, changes, complete: !signal.aborted });
  return { result, progress };
}

async function hand(result: WhatIfResult, values: WhatIfValues, output: Output): Promise<number> {
  if (values.report !== undefined && result.complete) {
    const page = await writeReport(values.report, whatIfReport(result));
    await Deno.writeTextFile(join(values.report, "what-if.json"), `${toJsonText(result, 2)}\n`);
    output.err(`See ${page}`);
  }
  printResult(output, values, { json: result, rows: result.matrix, text: whatIfText(result) });
  if (!result.complete) return exitCodes.interrupted;
  return result.failures > 0 ? exitCodes.failed : exitCodes.ok;
}
