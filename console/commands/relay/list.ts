/** What `relay list` and `relay status` print. @module */
import type { RelayEntry, RelayRecord } from "../../../backends/relay/relay_store.ts";
import { maskCaseId } from "../../../schema/bsn.ts";
import type { Output } from "../../cli/command.ts";
import { CommandError, exitCodes } from "../../cli/exit_codes.ts";
import { listResult, printResult } from "../../cli/output.ts";
import { withBackend } from "../../store/open_backend.ts";
import type { ListRelaysValues } from "./options.ts";

const COLUMNS = ["name", "to", "state", "why", "position", "delivered", "dead_letters", "owner", "at"];

/** A relay as it is printed. */
export function shownRelay({ name, record }: RelayEntry) {
  const { to, state, why, place, delivered, letters, owner, at } = record;
  const position = Math.max(...place);
  return { name, to, state, why, position, delivered, dead_letters: letters.length, owner, at };
}

export function listRelays(values: ListRelaysValues, output: Output): Promise<number> {
  return withBackend(values, async ({ relays }) => {
    const rows = (await relays.list()).map(shownRelay);
    printResult(output, values, listResult("relays", rows, { columns: COLUMNS, empty: "There is no relay" }));
    return exitCodes.ok;
  });
}

export function showRelay(name: string, values: ListRelaysValues, output: Output): Promise<number> {
  return withBackend(values, async (backend) => {
    const entry = await backend.relays.read(name);
    if (entry === undefined) throw new CommandError(exitCodes.notFound, `There is no relay ${name}`);
    const last = await backend.lastPosition?.();
    const json = { ...shownRelay(entry), last_position: last ?? null, letters: lettersOf(entry.record) };
    printResult(output, values, { json, text: textOf(json) });
    return exitCodes.ok;
  });
}

function lettersOf({ letters }: RelayRecord) {
  return letters.map(({ position, eventId, caseId, eventType, reason }) => ({
    ...{ position, event_id: eventId, case_id: maskCaseId(caseId), event_type: eventType, reason },
  }));
}

function textOf(
  { letters, ...facts }: ReturnType<typeof shownRelay> & { letters: ReturnType<typeof lettersOf> },
) {
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(14)} ${value ?? "-"}`);
  const dead = letters.map(({ position, event_id, case_id, event_type, reason }) =>
    `  ${position}  ${event_type}  ${event_id}  case ${case_id}: ${reason}`
  );
  return [...lines, ...dead].join("\n");
}
