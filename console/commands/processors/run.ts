/** What the subcommands of `processors` do. @module */
import { processors as ownProcessors } from "../../../actors/application.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { Health } from "../../../backends/health.ts";
import { type Pause, pauseKey } from "../../../backends/pauses.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { reportStore } from "../../http/health_report.ts";
import { actedBy } from "../../store/identity.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { ListProcessorsValues, PauseValues } from "./options.ts";

const COLUMNS = ["name", "state", "pending", "parked", "dead", "paused_at", "paused_by", "why"];

/** Lists processors, those that are paused with by whom. */
export function listProcessors(values: ListProcessorsValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const rows = processorRows(await backend.health(), Date.now());
    const empty = "No node has worked on this store yet";
    printResult(output, values, listResult("processors", rows, { columns: COLUMNS, empty }));
    return exitCodes.ok;
  });
}

function processorRows(health: Health, now: number) {
  const pauses = new Map((health.pauses ?? []).map((pause) => [pauseKey(pause), pause]));
  return reportStore(health, now).processors.map((report) => {
    const { at, by, why }: Partial<Pause> = pauses.get(pauseKey({ kind: "processor", name: report.name })) ??
      {};
    return { ...report, paused_at: at ?? null, paused_by: by ?? null, why: why ?? null };
  });
}

export function pauseProcessor(name: string, values: PauseValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    await requireKnown(backend, name);
    const act = { by: await actedBy(backend, values, "processors.pause"), why: values.reason! };
    const changed = await backend.pauses.pause({ kind: "processor", name }, act);
    const text = changed ? `${name} is paused: what comes for it waits` : `${name} is paused already`;
    printResult(output, values, { json: { name, paused: true, changed }, text });
    return exitCodes.ok;
  });
}

export function resumeProcessor(name: string, values: PauseValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const act = { by: await actedBy(backend, values, "processors.resume"), why: values.reason! };
    const changed = await backend.pauses.resume({ kind: "processor", name }, act);
    if (!changed) await requireKnown(backend, name);
    const text = changed ? `${name} goes on where it was` : `${name} is not paused`;
    printResult(output, values, { json: { name, paused: false, changed }, text });
    return exitCodes.ok;
  });
}

/** A pause of a name that nobody has would be of no use, and may be a typing error. */
async function requireKnown(backend: Backend, name: string): Promise<void> {
  if (ownProcessors.some((each) => each.name === name)) return;
  const known = new Set(ownProcessors.map((each) => each.name));
  for (const { processor } of (await backend.health()).mailboxes) known.add(processor);
  if (known.has(name)) return;
  throw new CommandError(
    exitCodes.notFound,
    `There is no processor of this name, but ${[...known].join(", ")}`,
  );
}
