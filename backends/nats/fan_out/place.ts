/**
 * Where the fan-out goes on, from what its stream and the durable copy of the checkpoint say. Every event is one message, in
 * the order of the log: a place that is known for any sequence is known for the last one by counting. Pure.
 * @module
 */

/** Up to a position of the log everything was copied, the last of it at a sequence of the stream. */
export interface Place {
  readonly position: number;
  readonly sequence: number;
}

/** The durable copy of a place, and the types that were copied from there on. */
export interface PlaceCopy extends Place {
  /** Undefined: all. */
  readonly types?: readonly string[] | undefined;
}

/** Where to go on: behind a place, and behind so many more events of these types. */
export interface Resumption extends Place {
  readonly skip: number;
  /** Of what is skipped; undefined: all. */
  readonly types: readonly string[] | undefined;
}

/** What is known when it begins. */
interface Evidence {
  /** The last sequence that the stream gave, whether the message is still there or not. */
  readonly last: number;
  /** The latest message of ours that is there and behind the copy, as far as it was looked for. */
  readonly message: Place | undefined;
  /** Messages of others that were found on the way. */
  readonly foreign: number;
  readonly copy: PlaceCopy | undefined;
  /** Nothing was ever stored in the log. */
  readonly isLogEmpty: boolean;
}

/** Undefined where nothing says how far it came: what others have seen is then unknown. */
export function resumptionOf({ last, message, foreign, copy, isLogEmpty }: Evidence): Resumption | undefined {
  if (copy !== undefined && copy.sequence === last) return at(copy, last);
  const known = message ?? (copy !== undefined && copy.sequence < last ? copy : undefined);
  if (known !== undefined) {
    const gone = last - known.sequence - foreign;
    // Where others have written, what is gone may have been theirs.
    if (gone > 0 && foreign > 0) return undefined;
    return { ...at(known, last), skip: gone, types: copy?.types };
  }
  // The stream counts from the beginning again: it was made anew.
  if (copy !== undefined) return at(copy, last);
  return last === 0 && isLogEmpty ? at({ position: 0, sequence: 0 }, 0) : undefined;
}

function at({ position }: Place, sequence: number): Resumption {
  return { position, sequence, skip: 0, types: undefined };
}
