/** Who may store what, in memory: the grants, the counts of those with a rate, and what the history of a case allows. @module */
import {
  changed,
  type GrantChange,
  type Producer,
  type ProducerGrants,
} from "../../schema/authority/grants.ts";
import { historyFault, type JudgedEvent, needsHistory } from "../../schema/authority/second_person.ts";
import type { WireEvent } from "../../schema/events.ts";
import { NotAllowed } from "../errors.ts";
import type { Clock } from "../primitives/clock.ts";
import { type Producers, REFUSED } from "../producers.ts";
import type { EventLog, LogEntry } from "./event_log.ts";

const MINUTE_MS = 60_000;

/** Writes an entry of the audit trail. */
type RecordAct = (act: string, by: { by: string; why: string }) => void;

export class MemoryGrants {
  readonly byName = new Map<string, ProducerGrants>();
  readonly #sent = new Map<string, { from: number; count: number }>();

  producersFor(account: Producer, record: RecordAct, clock: Clock): Producers {
    return {
      self: () => Promise.resolve(account),
      list: () => Promise.resolve([...this.byName.values()].sort((a, b) => a.name < b.name ? -1 : 1)),
      change: (name: string, change: GrantChange, act) => {
        const at = new Date(clock.now()).toISOString();
        const after = changed(this.byName.get(name), name, change, { by: act.by, at });
        this.byName.set(name, after);
        record("producers_change", act);
        return Promise.resolve(after);
      },
      forget: (name: string, act) => {
        const wasThere = this.byName.delete(name);
        if (wasThere) record("producers_forget", act);
        return Promise.resolve(wasThere);
      },
      recordRefusal: (why, by = account.name) => Promise.resolve(record(REFUSED, { by, why })),
    };
  }

  /** Counts what a producer sends within its minute. Throws NotAllowed beyond its rate. */
  countSent(name: string, count: number, now: number): void {
    const perMinute = this.byName.get(name)?.perMinute;
    if (perMinute === undefined) return;
    const before = this.#sent.get(name);
    const window = before === undefined || now - before.from >= MINUTE_MS ? { from: now, count: 0 } : before;
    if (window.count + count > perMinute) {
      throw new NotAllowed(`${name} sends more than ${perMinute} events a minute`);
    }
    this.#sent.set(name, { ...window, count: window.count + count });
  }
}

/** Judges events that need a look at their case, each by what is stored and by those before it. Throws NotAllowed. */
export function requireHistory(log: EventLog, events: readonly WireEvent[], speaker: Producer): void {
  if (!events.some(({ event_type }) => needsHistory(event_type))) return;
  const histories = new Map<string, JudgedEvent[]>();
  for (const event of events) {
    const caseId = event.correlation_id;
    const history = histories.get(caseId) ?? (log.cases.get(caseId) ?? []).map(judgedEventOf);
    const fault = historyFault(event, history, speaker);
    if (fault !== undefined) throw new NotAllowed(fault);
    histories.set(caseId, [...history, event]);
  }
}

function judgedEventOf({ eventId, type, data, metadata }: LogEntry): JudgedEvent {
  return {
    event_id: eventId,
    event_type: type,
    data: JSON.parse(data),
    metadata: JSON.parse(metadata),
  };
}
