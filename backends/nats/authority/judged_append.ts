/** What is asked of an append on JetStream before it is written: may its sender, and does the case allow it. @module */
import type { Producer } from "../../../schema/authority/grants.ts";
import { historyFault, type JudgedEvent, needsHistory } from "../../../schema/authority/second_person.ts";
import type { StoredEvent } from "../../../schema/delivery_line.ts";
import type { WireEvent } from "../../../schema/events.ts";
import { NotAllowed } from "../../errors.ts";

/** What was looked at: the version of each case that an event was judged by; undefined where none had to be. */
type JudgedVersions = ReadonlyMap<string, number> | undefined;

/**
 * Judges events that need a look at their case, each by what is stored and by those before it. Returns the versions on which they
 * may be stored: on others they are judged anew. Throws NotAllowed.
 */
export async function judge(
  readCase: (caseId: string) => AsyncIterable<StoredEvent>,
  events: readonly WireEvent[],
  speaker: Producer,
): Promise<JudgedVersions> {
  const asked = new Set(
    events.filter(({ event_type }) => needsHistory(event_type)).map((event) => event.correlation_id),
  );
  if (asked.size === 0) return undefined;
  const versions = new Map<string, number>();
  for (const caseId of asked) {
    const stored = await Array.fromAsync(readCase(caseId));
    versions.set(caseId, stored.at(-1)?.version ?? 0);
    const history: JudgedEvent[] = stored.map(({ event }) => event);
    for (const event of events) {
      if (event.correlation_id !== caseId) continue;
      const fault = historyFault(event, history, speaker);
      if (fault !== undefined) throw new NotAllowed(fault);
      history.push(event);
    }
  }
  return versions;
}
