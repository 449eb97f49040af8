/** What the records of a partition come to: where it ends, who owns it, how far its processors are, and what is parked. @module */
import type { EventKind } from "../../../../schema/evolution.ts";
import type { InFlightMark } from "../../../mailbox/mailbox.ts";
import { type Pause, pauseKey } from "../../../pauses.ts";
import type { ParkedCase } from "../../../settlement/parked_case.ts";
import {
  checkpointOf,
  type LogRecord,
  type ParkedEntry,
  type ProcessorMove,
  type StoredRecord,
} from "../record/record.ts";
import { NO_LINK } from "../record/link.ts";

/** A processor in a partition. */
export interface ProcessorState {
  readonly checkpoint: number;
  /** Of the lease that hosts it, or hosted it last. */
  readonly epoch: number;
  readonly inFlight: InFlightMark | undefined;
  /** When it last settled, by the store's clock; 0: never. */
  readonly settledAt: number;
  /** The node that hosts it, unless it was given back. */
  readonly owner: string | undefined;
  readonly takes: readonly string[];
  /** Up to here it had done all before it was rewound; left out where it never was. */
  readonly redeliversTo?: number;
  /** Outputs that came out otherwise since then. */
  readonly differences?: number;
}

/** What is parked of one processor, by case. */
type ParkedCases = ReadonlyMap<string, ParkedCase>;

const NOTHING_PARKED: ParkedCases = new Map();
const NOT_BEGUN: ProcessorState = {
  checkpoint: 0,
  epoch: 0,
  inFlight: undefined,
  settledAt: 0,
  owner: undefined,
  takes: [],
};

/** A state that was kept, with the last record in it. Immutable, and as JSON what it was. */
export interface KnownState {
  /** The sequence of the last record; 0: none. */
  readonly last: number;
  /** Of the last record: tells it from another one that got its sequence when the server lost its last messages. */
  readonly nonce: string;
  /** Of the last record that has one, in the chain of hashes. */
  readonly link: string;
  readonly epoch: number;
  readonly recordedAt: number;
  readonly owner: string | undefined;
  readonly counts: Readonly<Record<string, number>>;
  readonly kinds: readonly EventKind[];
  readonly processors: readonly (readonly [name: string, state: ProcessorState])[];
  readonly parked: readonly ParkedEntry[];
  readonly pauses?: readonly Pause[];
}

/** Before the first record. */
export const NOTHING_KNOWN: KnownState = {
  last: 0,
  nonce: "",
  link: NO_LINK,
  epoch: 0,
  recordedAt: 0,
  owner: undefined,
  counts: {},
  kinds: [],
  processors: [],
  parked: [],
};

export class LogState {
  /** The sequence of the last message; 0 before the first. */
  last: number;
  /** The last message that is a record. */
  lastRecord: { readonly sequence: number; readonly nonce: string; readonly link: string };
  /** The highest epoch that any record has. */
  epoch: number;
  recordedAt: number;
  /** The node that took the partition last, unless it has given it up. */
  owner: string | undefined;
  /** How many messages are no records. */
  malformed = 0;
  counts: Readonly<Record<string, number>>;
  readonly #kinds = new Map<string, EventKind>();
  readonly #processors = new Map<string, ProcessorState>();
  readonly #parked = new Map<string, Map<string, ParkedCase>>();
  readonly #pauses = new Map<string, Pause>();

  /** Begins where another one has come to; left out: before the first record. */
  constructor(known: KnownState = NOTHING_KNOWN) {
    this.last = known.last;
    this.lastRecord = { sequence: known.last, nonce: known.nonce, link: known.link };
    this.epoch = known.epoch;
    this.recordedAt = known.recordedAt;
    this.owner = known.owner;
    this.counts = known.counts;
    for (const kind of known.kinds) this.#kinds.set(keyOf(kind), kind);
    for (const [name, state] of known.processors) this.#processors.set(name, state);
    for (const entry of known.parked) this.#park(entry);
    for (const pause of known.pauses ?? []) this.#pauses.set(pauseKey(pause), pause);
  }

  /** What is paused in the store, by key: in the partition of the store's trail. */
  get pauses(): ReadonlyMap<string, Pause> {
    return this.#pauses;
  }

  processor(name: string): ProcessorState {
    return this.#processors.get(name) ?? NOT_BEGUN;
  }

  /** The processors that were ever hosted here, by name. */
  get processors(): ReadonlyMap<string, ProcessorState> {
    return this.#processors;
  }

  parkedOf(processor: string): ParkedCases {
    return this.#parked.get(processor) ?? NOTHING_PARKED;
  }

  /** True when the case is parked for any processor. */
  isParked(caseId: string): boolean {
    return this.#parked.values().some((cases) => cases.has(caseId));
  }

  /** What is parked, of all processors. */
  *parked(): Generator<ParkedEntry> {
    for (const [processor, cases] of this.#parked) {
      for (const [caseId, waiting] of cases) yield { processor, caseId, waiting };
    }
  }

  /** The kinds of events that the partition has had. */
  get kinds(): Iterable<EventKind> {
    return this.#kinds.values();
  }

  hasKind(kind: EventKind): boolean {
    return this.#kinds.has(keyOf(kind));
  }

  /** Takes in the next record. One that was taken in before changes nothing. */
  absorb({ sequence, record, link = this.lastRecord.link }: StoredRecord): void {
    if (sequence <= this.last) return;
    this.last = sequence;
    if (record.kind === "malformed") this.malformed++;
    else this.#absorb(record, sequence, link);
  }

  /** The state up to its last record. */
  snapshot(): KnownState {
    const { lastRecord: { sequence: last, nonce, link }, epoch, recordedAt, owner, counts } = this;
    return {
      ...{ last, nonce, link, epoch, recordedAt, owner, counts },
      kinds: [...this.#kinds.values()],
      processors: [...this.#processors],
      parked: [...this.parked()],
      ...(this.#pauses.size > 0 && { pauses: [...this.#pauses.values()] }),
    };
  }

  #absorb({ head, changes }: LogRecord, sequence: number, link: string): void {
    this.lastRecord = { sequence, nonce: head.nonce, link };
    this.epoch = Math.max(this.epoch, head.epoch);
    this.recordedAt = Math.max(this.recordedAt, head.recordedAt);
    this.counts = head.counts;
    this.#absorbOwner(head);
    for (const kind of head.kinds) this.#kinds.set(keyOf(kind), kind);
    for (const move of head.processors) {
      this.#move({ ...move, to: checkpointOf(move, sequence) }, head.recordedAt);
    }
    for (const entry of changes.parked) this.#park(entry);
    for (const { verb, pause } of changes.pauses ?? []) {
      if (verb === "pause") this.#pauses.set(pauseKey(pause), pause);
      else this.#pauses.delete(pauseKey(pause));
    }
  }

  #absorbOwner({ kind, epoch, node, released }: LogRecord["head"]): void {
    if (epoch < this.epoch) return;
    if (kind === "take") this.owner = node;
    else if (released) this.owner = undefined;
  }

  #move(move: ProcessorMove, at: number): void {
    this.#processors.set(move.name, moved(this.processor(move.name), move, at));
  }

  #park({ processor, caseId, waiting }: ParkedEntry): void {
    const cases = this.#parked.get(processor) ?? new Map<string, ParkedCase>();
    this.#parked.set(processor, cases);
    if (waiting.length === 0) cases.delete(caseId);
    else cases.set(caseId, waiting);
  }
}

function moved(before: ProcessorState, move: ProcessorMove, at: number): ProcessorState {
  if (move.redeliversTo !== undefined) return rewound(before, move);
  const { to: checkpoint, epoch, inFlight, host: owner, takes = before.takes, released } = move;
  if (owner !== undefined) return { ...before, epoch, owner, takes };
  if (released) return { ...before, owner, inFlight };
  if (inFlight !== undefined) return { ...before, inFlight };
  const differences = (before.differences ?? 0) + (move.differences ?? 0);
  const counted = before.redeliversTo === undefined ? {} : { differences };
  return { ...before, checkpoint, epoch, inFlight, takes, settledAt: at, ...counted };
}

/** As if its owner had died: the next one lets it work alone until it has caught up. */
function rewound(
  before: ProcessorState,
  { to: checkpoint, epoch, redeliversTo = 0 }: ProcessorMove,
): ProcessorState {
  const owner = before.owner ?? "rewind";
  return { ...before, checkpoint, epoch, owner, redeliversTo, differences: 0, inFlight: undefined };
}

function keyOf({ type, version }: EventKind): string {
  return `${type}@${version}`;
}
