/** What the index knows of a partition as a whole: small, in memory, and in every manifest. @module */
import type { IndexedCheckpoint, IndexedKind, IndexedRecord, ParkedRef } from "./record.ts";

/** The last record that is included. */
interface UpTo {
  /** 0: none. */
  readonly sequence: number;
  readonly nonce: string;
}

/** The state as it was at a record; immutable. */
export interface StateSnapshot {
  readonly upTo: UpTo;
  /** The greatest epoch of its records. */
  readonly epoch: number;
  readonly checkpoints: readonly IndexedCheckpoint[];
  readonly parked: readonly ParkedRef[];
  readonly kinds: readonly IndexedKind[];
  /** Types by number, and how many events each has. */
  readonly types: readonly (readonly [type: string, events: number])[];
  /** Nothing that was due before this waits any more. */
  readonly timersFrom: number;
}

/** Before the first record. */
export const EMPTY_STATE: StateSnapshot = {
  upTo: { sequence: 0, nonce: "" },
  epoch: 0,
  checkpoints: [],
  parked: [],
  kinds: [],
  types: [],
  timersFrom: 0,
};

export class PartitionState {
  #upTo: UpTo;
  #epoch: number;
  readonly #checkpoints: Map<string, IndexedCheckpoint>;
  readonly #parked: Map<string, ParkedRef>;
  readonly #parkedFor = new Map<string, number>();
  readonly #kinds: IndexedKind[];
  readonly #types: string[];
  readonly #counts: number[];
  readonly #numbers: Map<string, number>;

  constructor(snapshot: StateSnapshot) {
    this.#upTo = snapshot.upTo;
    this.#epoch = snapshot.epoch;
    this.#checkpoints = new Map(snapshot.checkpoints.map((each) => [each.processor, each]));
    this.#parked = new Map(snapshot.parked.map((each) => [parkedKey(each), each]));
    for (const { caseId } of snapshot.parked) this.#countParked(caseId, 1);
    this.#kinds = [...snapshot.kinds];
    this.#types = snapshot.types.map(([type]) => type);
    this.#counts = snapshot.types.map(([, count]) => count);
    this.#numbers = new Map(this.#types.map((type, number) => [type, number]));
  }

  get upTo(): UpTo {
    return this.#upTo;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get checkpoints(): Iterable<IndexedCheckpoint> {
    return this.#checkpoints.values();
  }

  get parked(): Iterable<ParkedRef> {
    return this.#parked.values();
  }

  get kinds(): readonly IndexedKind[] {
    return this.#kinds;
  }

  /** Events of each type. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#types.map((type, number) => [type, this.#counts[number]!]));
  }

  typeOf(number: number): string {
    return this.#types[number] ?? "";
  }

  /** True when the case is parked for any processor. */
  isParked(caseId: string): boolean {
    return this.#parkedFor.has(caseId);
  }

  /** Counts an event, and returns the number of its type. */
  countEvent(type: string): number {
    let number = this.#numbers.get(type);
    if (number === undefined) {
      number = this.#types.push(type) - 1;
      this.#counts.push(0);
      this.#numbers.set(type, number);
    }
    this.#counts[number]!++;
    return number;
  }

  /** Everything of a record but its events and timers. */
  absorb({ sequence, nonce, epoch, checkpoints = [], parked = [], kinds = [] }: IndexedRecord): void {
    this.#upTo = { sequence, nonce };
    this.#epoch = Math.max(this.#epoch, epoch);
    for (const each of checkpoints) this.#checkpoints.set(each.processor, each);
    for (const each of parked) this.#setParked({ ...each, sequence });
    for (const kind of kinds) if (!this.#hasKind(kind)) this.#kinds.push(kind);
  }

  #setParked(parked: ParkedRef): void {
    const key = parkedKey(parked);
    if (this.#parked.delete(key)) this.#countParked(parked.caseId, -1);
    if (parked.waiting === 0) return;
    this.#parked.set(key, parked);
    this.#countParked(parked.caseId, 1);
  }

  #countParked(caseId: string, change: number): void {
    const count = (this.#parkedFor.get(caseId) ?? 0) + change;
    if (count === 0) this.#parkedFor.delete(caseId);
    else this.#parkedFor.set(caseId, count);
  }

  #hasKind({ type, version }: IndexedKind): boolean {
    return this.#kinds.some((kind) => kind.type === type && kind.version === version);
  }

  snapshot(timersFrom: number): StateSnapshot {
    return {
      upTo: this.#upTo,
      epoch: this.#epoch,
      checkpoints: [...this.#checkpoints.values()],
      parked: [...this.#parked.values()],
      kinds: [...this.#kinds],
      types: this.#types.map((type, number) => [type, this.#counts[number]!]),
      timersFrom,
    };
  }
}

function parkedKey({ processor, caseId }: Pick<ParkedRef, "processor" | "caseId">): string {
  return `${processor}\n${caseId}`;
}
