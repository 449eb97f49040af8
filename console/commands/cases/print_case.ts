/** What `cases show` prints: a case as it is, or as it was at a version or a time. @module */
import type { Backend } from "../../../backends/backend.ts";
import type { AuditEntry } from "../../../backends/dead_letters.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import { renderCase, toPublicEvent, toStoredEvent } from "../../cli/case_timeline.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { printResult, toSnakeCase } from "../../cli/output.ts";
import { actedBy } from "../../store/identity.ts";
import type { ShowCaseValues } from "./options.ts";

/** Prints a case of a store that is open already. */
export async function printCase(
  backend: Backend,
  caseId: string,
  values: ShowCaseValues,
  output: Output,
): Promise<number> {
  const whole = await Array.fromAsync(backend.readCase(caseId));
  if (whole.length === 0) throw new CommandError(exitCodes.notFound, `There is no case ${caseId}`);
  const { history, audit } = caseAt({ history: whole, audit: await backend.audit(caseId) }, values.at);
  if (history.length === 0) {
    throw new CommandError(exitCodes.notFound, `The case ${caseId} was not there at that moment`);
  }
  const { personal } = values;
  if (personal) await recordOpening(backend, caseId, values);
  const events = history.map((stored) => personal ? toStoredEvent(stored) : toPublicEvent(stored));
  printResult(output, values, {
    json: { case_id: personal ? caseId : maskCaseId(caseId), events, acts: toSnakeCase(audit) },
    rows: events,
    text: renderCase(caseId, history, audit, personal),
  });
  return exitCodes.ok;
}

/** That personal data is read, by whom and why, is kept before the first of it is shown. */
async function recordOpening(backend: Backend, caseId: string, values: ShowCaseValues): Promise<void> {
  await backend.record({
    act: "read_personal",
    by: await actedBy(backend, values, "cases.open_personal"),
    why: values.reason!,
    caseId,
  });
}

interface CaseRecord {
  readonly history: readonly StoredEvent[];
  readonly audit: readonly AuditEntry[];
}

/** A case as it was: by a version its acts are those before the next version. */
function caseAt({ history, audit }: CaseRecord, at: ShowCaseValues["at"]): CaseRecord {
  if (at === undefined) return { history, audit };
  const { version = Infinity, time = Infinity } = at as { version?: number; time?: number };
  const until = Math.min(
    time,
    (history.find((event) => event.version > version)?.recordedAt ?? Infinity) - 1,
  );
  return {
    history: history.filter((event) => event.version <= version && event.recordedAt <= time),
    audit: audit.filter((entry) => Date.parse(entry.at) <= until),
  };
}
