/** What redriving dead letters would emit: tried in a worker without permissions; nothing of it is stored. @module */
import { policy } from "../../../actors/application.ts";
import { defaultSupervisorOptions } from "../../../actors/supervisor.ts";
import { noopObserver } from "../../../actors/observer.ts";
import { WorkerDied } from "../../../actors/pool/worker_handle.ts";
import { WorkerPool } from "../../../actors/pool/worker_pool.ts";
import type { BatchResult } from "../../../actors/worker/protocol.ts";
import type { Backend } from "../../../backends/backend.ts";
import type { HistoryNeed } from "../../../backends/mailbox/mailbox.ts";
import type { DeadLetter } from "../../../backends/dead_letters.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import { deliveryLine, encodeLines, parseRow, rowsOf } from "../../../schema/delivery_line.ts";
import { redact } from "../../cli/redaction.ts";
import { withoutPersonalData } from "../../cli/case_timeline.ts";
import { newSecret } from "../../../schema/ids.ts";

/** What would come of one dead letter. */
export interface RedrivePreview {
  readonly position: number;
  readonly processor: string;
  readonly case_id: string;
  /** What it would emit, without personal data; empty when it would fail again. */
  readonly events: readonly { readonly type: string; readonly data: Record<string, unknown> }[];
  /** Names of timers it would set or cancel. */
  readonly timers: readonly string[];
  /** Why it would fail again, or was not tried. */
  readonly failure?: string;
}

/** Handles each dead letter on the state its case had then. What ended the whole process is not tried here. */
export async function previewRedrive(
  backend: Backend,
  deadLetters: readonly DeadLetter[],
): Promise<RedrivePreview[]> {
  // Nothing of it is stored, so that whoever looks needs no right to the secret of the store.
  const secret = Promise.resolve(newSecret());
  const options = { ...defaultSupervisorOptions(1), secret, configuration: policy.mandates };
  const pool = new WorkerPool(options, noopObserver, () => {});
  const previews: RedrivePreview[] = [];
  try {
    for (const deadLetter of deadLetters) previews.push(await previewOne(backend, pool, deadLetter));
  } finally {
    pool.close();
  }
  return previews;
}

async function previewOne(backend: Backend, pool: WorkerPool, letter: DeadLetter): Promise<RedrivePreview> {
  const { processor, caseId, event, partition, failures } = letter;
  const about = { position: event.position, processor, case_id: maskCaseId(caseId) };
  const fails = (failure: string) => ({ ...about, events: [], timers: [], failure: redact(failure) });
  if (failures.at(-1)?.class === "NodeDied") return fails("not tried: it ended the whole process before");
  const lines = encodeLines([deliveryLine({ ...event, attempt: 1, held: false })]);
  try {
    const histories = (needs: readonly HistoryNeed[], types: readonly string[]) =>
      historyLines(backend, needs, types);
    return read(about, await pool.run({ processor, partition, lines }, histories, true), fails);
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error;
    return fails(`${error.name}: ${error.message}`);
  }
}

function read(
  about: Pick<RedrivePreview, "position" | "processor" | "case_id">,
  { failedAttempts: [failed], outputs, timers }: BatchResult,
  fails: (failure: string) => RedrivePreview,
): RedrivePreview {
  if (failed !== undefined) return fails(`${failed.error.class}: ${failed.error.message}`);
  const events = rowsOf(outputs).map((row) => {
    const { event } = parseRow(row);
    return {
      type: event.event_type,
      data: withoutPersonalData(event.event_type, event.data),
    };
  });
  return { ...about, events, timers: timers.map(({ name }) => name) };
}

async function historyLines(
  backend: Backend,
  needs: readonly HistoryNeed[],
  types: readonly string[],
): Promise<string> {
  const lines: string[] = [];
  for (const { caseId, after, before } of needs) {
    for await (const stored of backend.readCase(caseId)) {
      const isWanted = stored.version > after && stored.version < before;
      if (!isWanted || !types.includes(stored.event.event_type)) continue;
      lines.push(deliveryLine({ ...stored, attempt: 0, held: false }));
    }
  }
  return lines.join("\n");
}
