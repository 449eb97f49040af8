/** Schema evolution: stored data of an older version is upcast, step by step, when it is read. @module */
import { allEventTypes, eventTypes } from "./events.ts";

type Data = Record<string, unknown>;
/** Upcasts data from one version to the next; pure, and total over what was ever stored under its version. */
type Upcaster = (data: Data) => Data;

/** A kind of stored event: a type with the version its data was written in. */
export interface EventKind {
  readonly type: string;
  readonly version: number;
}

export interface Evolution {
  /** Upcasts data to the current version of its type. Throws an UnknownKind when there is no path. */
  upcast(kind: EventKind, data: Data): Data;
  /** The kinds that have no path to a current version. Empty means that the store can be read. */
  unreachable(stored: Iterable<EventKind>): EventKind[];
}

/** Data of a type or version that this runtime has no path from. */
export class UnknownKind extends Error {
  override name = "UnknownKind";
  constructor(readonly kind: EventKind) {
    super(`No path from ${kind.type} version ${kind.version} to a version this runtime knows`);
  }
}

/**
 * Builds an evolution from the current version of each type and the upcasters, keyed `type@from`:
 * `"case.intake@1"` upcasts version 1 to version 2.
 */
export function evolution(current: Record<string, number>, upcasters: Record<string, Upcaster>): Evolution {
  const hasPath = ({ type, version }: EventKind) => {
    const target = Object.hasOwn(current, type) ? current[type]! : 0;
    if (version > target) return false;
    for (let v = version; v < target; v++) if (!Object.hasOwn(upcasters, `${type}@${v}`)) return false;
    return true;
  };
  return {
    upcast(kind, data) {
      if (!hasPath(kind)) throw new UnknownKind(kind);
      for (let v = kind.version; v < current[kind.type]!; v++) data = upcasters[`${kind.type}@${v}`]!(data);
      return data;
    },
    unreachable: (stored) => [...stored].filter((kind) => !hasPath(kind)),
  };
}

/** The upcasters of this runtime. Every type is at version 1 today, so there are none. */
const upcasters: Record<string, Upcaster> = {};

/** The evolution of this runtime's own event types. */
export const caseEvolution: Evolution = evolution(
  Object.fromEntries(allEventTypes.map((type) => [type, eventTypes[type].version])),
  upcasters,
);
