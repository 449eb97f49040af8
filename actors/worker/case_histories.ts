/** Histories of cases that a pass asked for: stored events by case, and which versions they cover. @module */
import type { HistoryNeed } from "../../backends/mailbox/mailbox.ts";
import type { WireEvent } from "../../schema/events.ts";
import { parseLine } from "../../schema/delivery_line.ts";
import { withMoment } from "../../schema/time/moment.ts";

interface PastEvent {
  readonly version: number;
  readonly event: WireEvent;
}

export class CaseHistories {
  readonly #covered = new Map<string, HistoryNeed>();
  readonly #events = new Map<string, PastEvent[]>();

  /** Takes the lines that were read for these needs. A case that was asked for before is replaced. */
  add(needs: readonly HistoryNeed[], lines: string): void {
    for (const need of needs) {
      this.#covered.set(need.caseId, need);
      this.#events.delete(need.caseId);
    }
    for (const line of lines === "" ? [] : lines.split("\n")) {
      const { event: stored, version, recordedAt, malformed } = parseLine(line);
      // What is no event has changed nothing in its case.
      if (malformed !== undefined) continue;
      const event = withMoment(stored, recordedAt);
      const events = this.#events.get(event.correlation_id);
      if (events === undefined) this.#events.set(event.correlation_id, [{ version, event }]);
      else events.push({ version, event });
    }
  }

  /** The events with after < version < before, or undefined where they were not read. */
  between(caseId: string, after: number, before: number): readonly WireEvent[] | undefined {
    const covered = this.#covered.get(caseId);
    if (covered === undefined || covered.after > after || covered.before < before) return undefined;
    return (this.#events.get(caseId) ?? [])
      .filter(({ version }) => version > after && version < before)
      .map(({ event }) => event);
  }
}
