/** Where the streams of a store are cut: what was stored up to a moment or a position, and nothing later. @module */
import { BackupError } from "../../backup/errors.ts";
import type { Target } from "../../backup/restore_plan.ts";
import { decodeRecord, isPartOfMore } from "../journal/record/decode_record.ts";
import { eventPosition, indexOf, recordSequenceOf } from "../journal/record/record.ts";
import type { GoneEntry, ReadEntry } from "./entries.ts";
import type { KeptLog } from "./kept_log.ts";
import { logOf, type RecordRestorePlan } from "./restore_plan.ts";

/** What of the entries is restored. */
export interface Cut {
  /** The last record. */
  readonly last: number;
  /** What was stored after this is not restored. */
  readonly at: string;
  /** The moment as a person is told it. */
  readonly moment: string;
  /** What was gone of each stream then. */
  readonly gone: ReadonlyMap<string, GoneEntry>;
  /** Events behind the position that are in its record, or were written together with it. */
  readonly beyond: number;
}

/** Entries of all files of a plan, in order. */
export async function* entriesOfPlan(log: KeptLog, { files }: RecordRestorePlan): AsyncGenerator<ReadEntry> {
  for (const file of files) yield* log.entriesOf(file);
}

/** Finds the cut. Throws BackupError for a position that no event has. */
export async function findCut(log: KeptLog, plan: RecordRestorePlan, target: Target): Promise<Cut> {
  const seeker = new Seeker(plan, target);
  for await (const entry of entriesOfPlan(log, plan)) seeker.take(entry);
  return seeker.cut();
}

/** Later than any moment there is. */
const END_OF_TIME = "9";

class Seeker {
  readonly #name: string;
  readonly #newest: string;
  readonly #position: number | undefined;
  #last: number;
  #at: string;
  /** More records were written together with the last one. */
  #isOpen = false;
  #isPast = false;
  #beyond = 0;
  readonly #gone: GoneEntry[] = [];

  constructor({ base, range }: RecordRestorePlan, { at, position }: Target) {
    const { config, state } = logOf(base);
    this.#name = config.name;
    this.#last = state.last_seq;
    this.#position = position;
    this.#newest = range.to;
    // All that is kept is a little more than what the last mark vouches for.
    this.#at = at ?? (position === undefined ? END_OF_TIME : range.from);
    if (position !== undefined) this.#isPast = recordSequenceOf(position) <= this.#last;
  }

  take(entry: ReadEntry): void {
    if (entry.kind === "gone") this.#gone.push(entry);
    if (entry.kind !== "message" || entry.stream !== this.#name || entry.sequence <= this.#last) return;
    const isTaken = this.#isOpen || !this.#isPast && this.#isBefore(entry.sequence, entry.at);
    if (!isTaken) {
      this.#isPast = true;
      return;
    }
    this.#last = entry.sequence;
    this.#isOpen = isPartOfMore(entry.data);
    if (this.#position !== undefined) this.#atPosition(entry, this.#position);
  }

  #isBefore(sequence: number, at: string): boolean {
    return this.#position === undefined ? at <= this.#at : sequence <= recordSequenceOf(this.#position);
  }

  #atPosition({ sequence, at, data }: Extract<ReadEntry, { kind: "message" }>, position: number): void {
    if (at > this.#at) this.#at = at;
    if (sequence < recordSequenceOf(position)) return;
    const record = decodeRecord(data);
    const events = record.kind === "record" ? record.events : [];
    if (sequence > recordSequenceOf(position)) {
      this.#beyond += events.length;
      return;
    }
    this.#beyond = events.filter(({ index }) => index > indexOf(position)).length;
    if (events.some(({ index }) => index === indexOf(position))) return;
    const near = events.length === 0
      ? "nothing was stored there but the acts of nodes"
      : `those nearby are ${eventPosition(sequence, 0)} to ${eventPosition(sequence, events.at(-1)!.index)}`;
    throw new BackupError("unreachable", `No event has position ${position}: ${near}`);
  }

  cut(): Cut {
    const gone = new Map(
      this.#gone.filter(({ at }) => at <= this.#at).map((entry) => [entry.stream, entry]),
    );
    const moment = this.#at < this.#newest ? this.#at : this.#newest;
    return { last: this.#last, at: this.#at, moment, gone, beyond: this.#beyond };
  }
}

/** Whether a message is gone by then. */
export function isGone(entry: GoneEntry | undefined, sequence: number): boolean {
  return entry !== undefined && (sequence < entry.first || entry.deleted.includes(sequence));
}
