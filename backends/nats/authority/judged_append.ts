/** What is asked of an append on JetStream before it is written: may its sender, and does the case allow it. @module */
import type { Producer } from "../../../schema/authority/grants.ts";
import { historyFault, type JudgedEvent, needsHistory } from "../../../schema/authority/second_person.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { NotAllowed } from "../../errors.ts";
import type { ExpectedVersion } from "../../event_store.ts";

/**
 * Judges events that need a look at their case, each by what is stored and by those before it. Returns the version on which they
 * may be stored: that of the one case they are of, where nothing else was expected. Throws NotAllowed.
 */
export async function judgedVersion(
  readCase: (caseId: string) => AsyncIterable<StoredEvent>,
  events: readonly WireEvent[],
  expected: ExpectedVersion,
  speaker: Producer,
): Promise<ExpectedVersion> {
  if (!events.some(({ event_type }) => needsHistory(event_type))) return expected;
  const histories = new Map<string, JudgedEvent[]>();
  let version = 0;
  for (const event of events) {
    const caseId = event.correlation_id;
    let history = histories.get(caseId);
    if (history === undefined) {
      const stored = await Array.fromAsync(readCase(caseId));
      version = stored.at(-1)?.version ?? 0;
      history = stored.map(({ event }) => event);
    }
    const fault = historyFault(event, history, speaker);
    if (fault !== undefined) throw new NotAllowed(fault);
    histories.set(caseId, [...history, event]);
  }
  if (expected !== "any" || histories.size > 1) return expected;
  return version === 0 ? "none" : { exact: version };
}
