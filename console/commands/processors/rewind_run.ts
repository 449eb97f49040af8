/** What `processors rewind` does. @module */
import { processors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { readPolicy } from "../../node/policy_file.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { RewindTarget, RewindValues } from "./rewind_options.ts";
import { previewRewind, type RewindPreview } from "./rewind_preview.ts";

/** Rewinds; throws CommandError where deliveries wait from there on. */
export function rewindProcessor(
  name: string,
  to: RewindTarget,
  values: RewindValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    await requireProgress(backend, name);
    const position = await positionOf(backend, to);
    const act = { by: await actedBy(backend, values, "processors.rewind"), why: values.reason! };
    const result = position === undefined
      ? { kind: "rewound", partitions: 0 } as const
      : await backend.rewinds.rewind(name, position, act);
    if (result.kind === "waiting") throw waiting(name, result.deliveries);
    const { partitions } = result;
    const text = partitions === 0
      ? `${name} has done nothing from there on: nothing is handed out again`
      : `${name} is handed again, in ${partitions} partitions, what it has done from position ${position} on`;
    printResult(output, values, { json: { name, position: position ?? null, partitions }, text });
    return exitCodes.ok;
  });
}

function waiting(name: string, deliveries: number): CommandError {
  return new CommandError(
    exitCodes.failed,
    `Cannot rewind ${name}: ${deliveries} of its deliveries from there on wait; redrive or discard them first (dlq list)`,
  );
}

/** The first event that was recorded then or later; undefined for none. */
async function positionOf(backend: Backend, to: RewindTarget): Promise<number | undefined> {
  if ("position" in to) return to.position;
  for await (const { position } of backend.readAll({ fromTime: to.time })) return position;
  return undefined;
}

async function requireProgress(backend: Backend, name: string) {
  const progress = await backend.rewinds.progress(name);
  if (progress.length > 0) return progress;
  throw new CommandError(exitCodes.notFound, "No processor of this name has worked on this store");
}

const PROGRESS_COLUMNS = ["partition", "checkpoint", "redelivers_to", "is_redelivering", "differences"];

/** Tells how far a processor is. */
export function showProgress(name: string, values: RewindValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const rows = (await requireProgress(backend, name)).filter(({ redeliversTo }) => redeliversTo > 0)
      .map(({ partition, checkpoint, redeliversTo: redelivers_to, differences }) => ({
        ...{ partition, checkpoint, redelivers_to, is_redelivering: checkpoint < redelivers_to, differences },
      }));
    const empty = `${name} was never rewound`;
    printResult(output, values, listResult("partitions", rows, { columns: PROGRESS_COLUMNS, empty }));
    return exitCodes.ok;
  });
}

/** Shows what a rewind would come to. */
export function tryRewind(
  name: string,
  to: RewindTarget,
  values: RewindValues,
  output: Output,
): Promise<number> {
  return withBackend(values, async (backend) => {
    const processor = processors.find((each) => each.name === name);
    if (processor === undefined) {
      throw new CommandError(exitCodes.notFound, "This program has no processor of this name to try");
    }
    const progress = await requireProgress(backend, name);
    const position = await positionOf(backend, to) ?? Infinity;
    const mandates = values.policy === undefined ? [] : (await readPolicy(values.policy)).mandates;
    const preview = await previewRewind(backend, { processor, position, progress, mandates });
    printResult(output, values, { json: preview, text: describe(preview) });
    return exitCodes.ok;
  });
}

function describe(
  { processor, deliveries, cases, same, different, fresh, failed, first }: RewindPreview,
): string {
  return [
    `${processor} would be handed ${deliveries} deliveries of ${cases} cases again; nothing was changed`,
    `  as it is stored   ${same}`,
    `  otherwise         ${countsText(different)}: stays as it is stored`,
    `  new               ${countsText(fresh)}: would be stored`,
    `  fails             ${failed}`,
    ...first.map(({ position, case_id, kind, type, data, stored, failure }) =>
      [
        `${kind} at position ${position}, case ${case_id}: ${type ?? failure}`,
        ...(data === undefined ? [] : [`  now     ${JSON.stringify(data)}`]),
        ...(stored === undefined ? [] : [`  stored  ${JSON.stringify(stored)}`]),
      ].join("\n")
    ),
  ].join("\n");
}

function countsText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  if (entries.length === 0) return "0";
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${total} (${entries.map(([type, count]) => `${type} ${count}`).join(", ")})`;
}
