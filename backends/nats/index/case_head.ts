/** What the index answers about a case. @module */
import { type EventSpan, IndexDamaged, sequenceOf } from "./entry/event_span.ts";
import type { CaseEntry, CaseState } from "./entry/index_entry.ts";

/** A case, with all of its events. */
export class CaseHead {
  readonly #state: CaseState;
  readonly #events: EventSpan;
  readonly #fingerprintOf: (eventId: string) => number;
  /** The type of its latest event. */
  readonly latest: string;
  readonly isParked: boolean;
  /** Records with lines of its trail. */
  readonly trail: readonly number[];
  /** The last record that is included. */
  readonly last: number;

  /** Throws IndexDamaged when the entry lacks events. */
  constructor(entry: CaseEntry, latest: string, fingerprintOf: (eventId: string) => number) {
    const { state, events } = entry;
    if (state === undefined || events?.from !== 1 || events.fingerprints.length !== state.version) {
      throw new IndexDamaged(`The index has not all ${state?.version} events of a case`);
    }
    this.#state = state;
    this.#events = events;
    this.#fingerprintOf = fingerprintOf;
    this.latest = latest;
    this.isParked = entry.isParked ?? false;
    this.trail = entry.trail;
    this.last = entry.last;
  }

  get version(): number {
    return this.#state.version;
  }

  /** Milliseconds since 1970. */
  get openedAt(): number {
    return this.#state.openedAt;
  }

  get updatedAt(): number {
    return this.#state.updatedAt;
  }

  /** The records that hold its events, in order. */
  get sequences(): readonly number[] {
    return this.#events.sequences;
  }

  /** A fingerprint of each event's id, by version. */
  get fingerprints(): readonly number[] {
    return this.#events.fingerprints;
  }

  /** The record that holds a version. */
  sequenceOf(version: number): number {
    return sequenceOf(this.#events, version);
  }

  /** The versions whose event may have this id: none, or nearly always the right one. The record decides. */
  versionsLike(eventId: string): number[] {
    const { fingerprints } = this.#events;
    const fingerprint = this.#fingerprintOf(eventId);
    const versions: number[] = [];
    for (
      let at = fingerprints.indexOf(fingerprint);
      at >= 0;
      at = fingerprints.indexOf(fingerprint, at + 1)
    ) {
      versions.push(at + 1);
    }
    return versions;
  }
}
